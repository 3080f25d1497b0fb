"""The demo's desk is at work: orders are shared out, colleagues have written to each other, somebody is asked to decide."""

import pytest

from backend.demo import staff, teamwork
from backend.domain.fixes import Fix
from backend.domain.permissions import Actor, Role
from backend.domain.views import ListPage
from backend.services import approvals, bulk, desk_notices, fixes, orders, views
from backend.services.run import in_unit_of_work
from tests.conftest import Database
from tests.demo.test_loading import everything

pytestmark = pytest.mark.timeout(400)  # a busy machine loads a demo at its own pace


@pytest.fixture
def people(demo: Database) -> dict[Role, Actor]:
    teamwork.add()
    return in_unit_of_work(staff.actors)


def count(demo: Database, condition: str) -> int:
    ((found,),) = demo.execute(f"select count(*) from desk_work where held and {condition}")
    return int(found)


def test_held_orders_are_assigned_claimed_and_put_off_and_most_are_nobodys(
    demo: Database, people: dict[Role, Actor]
) -> None:
    assert count(demo, "assignee_id is not null and claim_until is null") == 5 + 6
    assert count(demo, "claim_until is not null") == 3
    assert count(demo, "snooze_event = '' and snoozed_at is not null") == 2
    assert {row[0] for row in demo.execute("select snooze_event from desk_work where snoozed_at is not null")} == {
        "", "payment", "parcel", "answer",
    }  # fmt: skip
    assert count(demo, "woken_why <> ''") == 1
    assert count(demo, "turn_by <> ''") == 1
    assert count(demo, "assignee_id is null") >= 20


def test_every_colleague_has_something_to_read(people: dict[Role, Actor]) -> None:
    told = {role: in_unit_of_work(desk_notices.inbox, actor=actor) for role, actor in people.items()}
    assert all(found.unread >= 1 for found in told.values())
    mentions = {role for role, found in told.items() for notice in found.notices if notice.kind == "mention"}
    assert mentions == set(Role)


def test_a_refund_and_a_release_wait_for_a_second_person(people: dict[Role, Actor]) -> None:
    waiting = in_unit_of_work(approvals.review, actor=people[Role.MANAGER]).to_decide
    assert sorted(view.action for view in waiting) == ["refund", "release"]
    assert in_unit_of_work(approvals.review, actor=people[Role.CUSTOMER_SERVICE]).to_decide == ()


def test_there_are_shared_views_and_a_bulk_run_that_is_over(people: dict[Role, Actor]) -> None:
    for page in ListPage:
        found = in_unit_of_work(views.views_of, page, actor=people[Role.FINANCE])
        assert [view.owner for view in found if view.shared] == ["Priya Nair"]
    (run,) = in_unit_of_work(bulk.recent, actor=people[Role.QA])
    assert (run.state, run.counts, run.started_by) == ("done", {"done": 6}, "Priya Nair")


def test_it_happens_once(demo: Database, people: dict[Role, Actor]) -> None:
    before = everything(demo)
    teamwork.add()
    assert everything(demo) == before


@pytest.mark.parametrize(
    ("kind", "fix", "values"),
    [
        ("tax_id_malformed", Fix.TAX_ID, {"tax_id": "DE123456789"}),
        ("sku_unknown", Fix.SKU, {}),
    ],
)
def test_the_new_kinds_of_hold_are_mended_where_they_stand(
    demo: Database, people: dict[Role, Actor], kind: str, fix: Fix, values: dict[str, str]
) -> None:
    ((number, hold),) = demo.execute(
        "select o.number, h.id from holds h join orders o on o.id = h.order_id where h.kind = %s and h.closed_at is null "
        "order by h.id limit 1",
        (kind,),
    )
    sofia = people[Role.CUSTOMER_SERVICE]
    form = in_unit_of_work(fixes.preview_fix, number, hold, fix, actor=sofia)
    if fix is Fix.SKU:
        values = {one.name: one.value.removesuffix("-S25") for one in form.fields}
    carried = {"version": form.preview.version, "token": form.preview.token}
    done = in_unit_of_work(fixes.fix_in_place, number, hold, fix, values, actor=sofia, **carried)
    assert done.sentence.endswith("corrected. The order goes on.")
    assert in_unit_of_work(orders.order_view, number, actor=sofia).holds == ()
