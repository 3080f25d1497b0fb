"""Tags are put on and taken off on the order's page, by those who may act."""

from collections.abc import Callable

from backend.domain.permissions import Role
from dashboard.pages.order.tags import TagState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab


def test_a_tag_is_put_on_and_taken_off(tab: Tab, sign_in: Callable[..., str], database: Database) -> None:
    order = factories.created(factories.new_order(tags=("gift",)))
    path = f"/orders/{order.number}"

    def tags() -> list[str]:
        ((found,),) = database.execute("select tags from orders")
        return list(found)

    tab.send(TagState.put_tag_on, path, form={"number": order.number, "tag": "VIP"})
    assert tags() == ["gift", "vip"]
    tab.send(TagState.take_tag_off, path, number=order.number, tag="gift")
    assert tags() == ["vip"]
    assert tab.send(TagState.put_tag_on, path, form={"number": order.number, "tag": "a,b"}).texts() == [
        "A tag is one word or a few, without commas."
    ]
    finance = Tab(sign_in(Role.FINANCE, "Frida Gold"))
    assert (
        "may not do that with your role"
        in finance.send(TagState.put_tag_on, path, form={"number": order.number, "tag": "mine"}).texts()[0]
    )
    assert tags() == ["vip"]
