"""The clicks of staff are open to the right people, and those who may not learn and do nothing."""

import pytest

from backend.domain.errors import NotAllowed
from backend.domain.permissions import SYSTEM, Actor, ActorKind, Role, provider_actor
from backend.domain.queue import Wish
from backend.services import actions, notes, order_lists, orders, queue
from backend.services.quarantine import quarantine_page
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import created, new_order, staff
from tests.services.clicking import hold_id, preview, refused, release


@pytest.fixture
def held(database: Database) -> Order:
    """An order that a check holds as a risk of fraud."""
    return created(new_order(risk="high"))


VIEWERS = [staff(Role.FINANCE), staff(Role.QA)]
STRANGERS = [
    Actor(ActorKind.STAFF, "user:9", "Nobody"),
    provider_actor("stripe"),
    Actor(ActorKind.CUSTOMER, "c:1", "C"),
]


@pytest.mark.parametrize("actor", [*VIEWERS, *STRANGERS], ids=lambda actor: str(actor.role or actor.kind))
def test_whoever_may_not_act_is_refused_and_nothing_happens(database: Database, held: Order, actor: Actor) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    common = {"actor": actor, "version": shown.version, "token": shown.token}
    for work in (
        lambda: in_unit_of_work(actions.preview_release, held.number, [found], actor=actor),
        lambda: in_unit_of_work(actions.release, held.number, [found], reason="Because.", **common),
        lambda: in_unit_of_work(actions.preview_retry, held.number, found, actor=actor),
        lambda: in_unit_of_work(actions.retry, held.number, found, **common),
        lambda: in_unit_of_work(actions.preview_retry_step, held.number, 1, actor=actor),
        lambda: in_unit_of_work(actions.retry_step, held.number, 1, **common),
        lambda: in_unit_of_work(actions.hold, held.number, actor=actor, reason="Because."),
        lambda: in_unit_of_work(notes.add_note, held.number, "Hello", actor=actor),
    ):
        assert refused(database, NotAllowed, work).code == "not_allowed"


@pytest.mark.parametrize("actor", STRANGERS, ids=lambda actor: str(actor.kind))
def test_whoever_has_no_role_sees_nothing(database: Database, held: Order, actor: Actor) -> None:
    for work in (
        lambda: in_unit_of_work(orders.order_view, held.number, actor=actor),
        lambda: in_unit_of_work(order_lists.order_page, actor=actor),
        lambda: in_unit_of_work(orders.timeline_of, held.number, actor=actor),
        lambda: in_unit_of_work(orders.holds_of, held.number, actor=actor),
        lambda: in_unit_of_work(queue.held_page, Wish(), actor=actor),
        lambda: in_unit_of_work(queue.held_summary, actor=actor),
        lambda: in_unit_of_work(quarantine_page, actor=actor),
    ):
        refused(database, NotAllowed, work)


@pytest.mark.parametrize("role", [Role.CUSTOMER_SERVICE, Role.MANAGER, Role.ADMIN])
def test_those_who_triage_may_release(database: Database, held: Order, role: Role) -> None:
    found, actor = hold_id(database), staff(role)
    assert release(held, preview(held, found, actor=actor), found, actor=actor).repeated is False


def test_the_system_may_look_too(database: Database, held: Order) -> None:
    assert in_unit_of_work(orders.order_view, held.number, actor=SYSTEM).held is True
