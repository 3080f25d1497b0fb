"""The strip of views: what each role begins with, and keeping, sharing, changing and deleting views."""

from collections.abc import Callable

import pytest

from backend.domain.permissions import Role
from backend.domain.views import ListPage
from dashboard.pages.held.state import HeldState
from dashboard.pages.orders.state import OrdersState
from dashboard.pages.saved import counts, state
from dashboard.pages.saved.state import Chip, ViewsState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab

SEARCH = "/orders?q=status%3Aheld+amount%3A%3E100&sort=amount"


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(state, "PAUSE_SECONDS", 0.0)
    counts.forget()


def chips(tab: Tab, path: str = "/orders") -> dict[str, Chip]:
    return {chip.name: chip for chip in tab.send(ViewsState.load, path).last("chips")}


def save(tab: Tab, path: str = SEARCH, **form: str) -> Answer:
    return tab.send(ViewsState.save, path, form={"name": "Large and held", **form})


def test_each_role_begins_with_its_own_views(sign_in: Callable[..., str]) -> None:
    service, finance = Tab(sign_in(Role.CUSTOMER_SERVICE)), Tab(sign_in(Role.FINANCE, "Frida Gold"))

    assert list(chips(service)) == [
        "All orders",
        "Held",
        "Paid, not shipped",
        "Trouble on delivery",
        "Documents failed",
    ]
    assert list(chips(finance)) == ["All orders", "Disputed", "Payment failed", "Paid back", "Documents failed"]
    assert list(chips(finance, "/held")) == ["To do", "Money", "Providers"]
    assert chips(service, "/orders?view=held")["Held"].chosen


def test_a_view_is_kept_and_opens_by_its_address(tab: Tab, database: Database) -> None:
    factories.stocked("LNT-STR-BRS", 100)
    held = factories.created(factories.new_order(shipping=None))
    factories.created()

    (path,) = save(tab, SEARCH + "&columns=number%2Ctotal").redirects()
    opened = tab.send(OrdersState.load, path)

    assert [row.number for row in opened.last("rows")] == [held.number]
    assert opened.last("box") == "status:held amount:>100"
    assert [head.key for head in opened.last("heads")] == ["number", "total"]
    assert chips(tab, path)["Large and held"].chosen
    cleared = tab.send(OrdersState.search, path, text="")
    assert cleared.redirects() == [path + "&without=q"]
    everything = tab.send(OrdersState.load, path + "&without=q")
    assert len(everything.last("rows")) == 2
    assert chips(tab, path + "&without=q")["Large and held"].chosen


def test_a_change_of_a_view_is_seen_kept_or_undone(tab: Tab) -> None:
    (path,) = save(tab).redirects()
    loaded = tab.send(ViewsState.load, path)
    assert (loaded.last("chosen_name"), loaded.last("changed")) == ("Large and held", False)

    changed = tab.send(ViewsState.load, path + "&q=status%3Apending")
    assert (changed.last("changed"), changed.last("reset_href")) == (True, path)
    tab.send(ViewsState.keep_changes, path + "&q=status%3Apending")
    assert tab.send(OrdersState.load, path).last("box") == "status:pending"


def test_names_are_checked_and_the_dialog_says_why(tab: Tab) -> None:
    save(tab)

    assert save(tab).last("problem") == "There is a view “Large and held” already. Choose another name."
    assert save(tab, name="  ").last("problem").startswith("Give the view a name")
    assert save(tab, name="x" * 61).last("problem") == "The name has 61 letters; at most 60 fit."
    assert save(tab, "/orders?q=colour%3Ared", name="Red").last("problem").startswith("“colour:” is not an operator")
    assert list(chips(tab)).count("Large and held") == 1


def test_a_private_view_is_nobody_elses(tab: Tab, sign_in: Callable[..., str], database: Database) -> None:
    (path,) = save(tab).redirects()
    other = Tab(sign_in(Role.ADMIN, "Ada Other"))

    assert "Large and held" not in chips(other)
    assert other.send(OrdersState.load, path).last("complaints") == [
        "The view in this address was deleted, or is not shared with you."
    ]
    said = other.send(ViewsState.delete, path).last("problem")
    assert said == "There is no such view any more. Somebody may have deleted it."
    assert other.send(ViewsState.rename, path, form={"name": "Mine"}).last("problem") == said
    assert "Large and held" in chips(tab)


def test_a_shared_view_is_seen_by_all_and_tended_by_those_who_may_act(
    tab: Tab, sign_in: Callable[..., str], database: Database
) -> None:
    (path,) = save(tab, shared="on").redirects()
    finance, manager = Tab(sign_in(Role.FINANCE, "Frida Gold")), Tab(sign_in(Role.MANAGER, "Mona Lead"))

    assert chips(finance, path)["Large and held"].chosen
    assert "role Finance may not change shared views" in finance.send(ViewsState.delete, path).last("problem")
    assert "may not share views" in save(finance, name="For all", shared="on").last("problem")
    manager.send(ViewsState.load, path)
    manager.send(ViewsState.rename, path, form={"name": "Held above 100", "shared": "on"})
    assert chips(tab)["Held above 100"].mood == "shared"
    manager.send(ViewsState.delete, path)
    assert "Held above 100" not in chips(tab)
    audit = database.execute("select action, actor_name from audit where action like '%view' order by id")
    assert audit == [("share_view", "Sofia Marin"), ("delete_view", "Mona Lead")]


def test_sharing_is_taken_back(tab: Tab, sign_in: Callable[..., str]) -> None:
    (path,) = save(tab, shared="on").redirects()
    tab.send(ViewsState.load, path)

    tab.send(ViewsState.rename, path, form={"name": "Large and held"})

    assert "Large and held" not in chips(Tab(sign_in(Role.ADMIN, "Ada Other")))
    assert chips(tab)["Large and held"].mood == "own"


def test_counts_stand_beside_the_views_and_follow_what_happens(tab: Tab, database: Database) -> None:
    factories.stocked("LNT-STR-BRS", 100)
    factories.created(factories.new_order(shipping=None))
    factories.created()
    tab.send(ViewsState.load, "/orders")

    def counted(answer: Answer) -> bool:
        return bool(answer.values("chips"))

    found = tab.follow(ViewsState.follow, "/orders", until=counted).last("chips")
    assert {chip.key: chip.count for chip in found} == {
        "all": "2", "held": "1", "to-ship": "0", "trouble": "0", "unsent": "0"
    }  # fmt: skip
    factories.created(factories.new_order(shipping=None))
    counts.forget()
    found = tab.follow(ViewsState.follow, "/orders", until=counted).last("chips")
    assert {chip.key: chip.count for chip in found}["held"] == "2"
    held = tab.send(ViewsState.load, "/held")
    assert [chip.name for chip in held.last("chips")][:2] == ["To do", "Nobody's"]
    found = tab.follow(ViewsState.follow, "/held", until=counted).last("chips")
    assert {chip.key: chip.count for chip in found} == {
        "all": "2", "unassigned": "2", "addresses": "2", "money": "0", "providers": "0"
    }  # fmt: skip


def test_a_view_opens_the_list_that_it_is_of(tab: Tab) -> None:
    (orders,) = save(tab).redirects()
    (held,) = save(tab, "/held?q=amount%3A%3E100&kind=po_box&snoozed=1&sort=amount&dir=desc", name="Boxes").redirects()

    queue, all_orders = chips(tab, held), chips(tab, orders)

    assert (queue["Boxes"].href, queue["Nobody's"].href) == (held, "/held?view=unassigned")
    assert (all_orders["Large and held"].href, held.partition("?")[0]) == (orders, "/held")
    assert ("Large and held" in queue, "Boxes" in all_orders) == (False, False)
    assert [chip.name for chip in queue.values() if chip.chosen] == ["Boxes"]
    opened = tab.send(HeldState.load, held)
    assert (opened.last("q"), opened.last("kind"), opened.last("scope")) == ("amount:>100", "po_box", "snoozed")
    assert [choice.order for choice in opened.last("sorts")] == ["none", "none", "descending"]
    assert tab.send(ViewsState.load, held).values("changed")[-1:] in ([], [False])
    assert tab.send(ViewsState.load, held + "&kind=po_box").last("changed") is True


def test_a_count_that_was_not_known_is_asked_for_again(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    tab.send(ViewsState.load, "/orders")
    slow: list[str] = []

    async def count(page: ListPage, q: str) -> int | None:
        slow.append(q)
        return None if slow.count(q) == 1 else 7

    monkeypatch.setattr(counts, "_count", count)

    def counted(answer: Answer) -> bool:
        return any(chip.count for shown in answer.values("chips") for chip in shown)

    found = tab.follow(ViewsState.follow, "/orders", until=counted).last("chips")
    assert {chip.count for chip in found} == {"7"}


def test_many_are_said_to_be_many() -> None:
    assert [counts.said(number) for number in (None, 0, 10_000, 10_001)] == ["", "0", "10,000", "10,000+"]


def test_the_dialog_opens_for_what_there_is(tab: Tab) -> None:
    assert tab.send(ViewsState.open_dialog, "/orders", doing="save").last("doing") == "save"
    assert tab.send(ViewsState.dismiss, "/orders").last("doing") == ""
    assert tab.send(ViewsState.open_dialog, "/orders", doing="drop").values("doing") == []
