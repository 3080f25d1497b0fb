"""Open holds of the demo are such as the product itself places, and the past ones were mended by somebody."""

from datetime import timedelta

from backend.demo import fates
from backend.domain.desk import Preview
from backend.domain.holds import CATALOGUE, HoldKind, HoldSource
from backend.domain.permissions import Actor, ActorKind, Role
from backend.domain.queue import Wish
from backend.domain.steps import RULES, StepKind
from backend.services import actions, orders, queue
from backend.services.run import in_unit_of_work
from backend.store.personal import Sealed
from tests.conftest import Database
from tests.demo.conftest import END

ADMIN = Actor(ActorKind.STAFF, "user:1", "Ada", Role.ADMIN)
OPEN = "from holds h join orders o on o.id = h.order_id left join steps s on s.id = h.step_id where h.closed_at is null"
WHERE_PLACED = {
    HoldSource.CHECK: {"pending", "processing", "shipped"},
    HoldSource.STEP: {"pending", "confirmed"},
    HoldSource.PERSON: {"processing", "confirmed", "shipped"},
}


def test_some_fifty_orders_are_held_for_every_kind_of_reason_in_the_catalogue(demo: Database) -> None:
    found = demo.execute(f"select h.kind, count(*) {OPEN} group by h.kind")
    assert {kind for kind, _ in found} == {str(kind) for kind in HoldKind} - fates.NEVER_MET
    assert 45 <= sum(count for _, count in found) <= 60


def test_every_open_hold_says_why_and_what_to_do(demo: Database) -> None:
    for kind, reason, source, status in demo.execute(f"select h.kind, h.reason, h.source, o.status {OPEN}"):
        assert CATALOGUE[HoldKind(kind)].advice
        assert reason
        assert status in WHERE_PLACED[HoldSource(source)]


def test_a_hold_of_a_step_stands_on_a_parked_step_with_the_same_words(demo: Database) -> None:
    found = demo.execute(
        "select h.kind, h.reason, h.provider, h.facts, s.kind, s.state, s.category, s.error, s.provider, s.outcome "
        f"{OPEN} and h.source = 'step' and s.outcome <> 'order cancelled' and h.kind <> 'cancellation_incomplete'"
    )
    assert len(found) >= 20
    for kind, reason, provider, facts, step, state, category, error, step_provider, outcome in found:
        assert (state, category, error, step_provider) == ("parked", kind, reason, provider)
        assert facts == {"step": step, "outcome": outcome}
        assert RULES[StepKind(step)].holds


def test_a_cancellation_that_cannot_go_on_says_which_part_failed_and_why(demo: Database) -> None:
    found = demo.execute(
        f"select h.reason, s.kind, s.state, s.error, o.status {OPEN} and h.kind = 'cancellation_incomplete'"
    )
    assert [(kind, state, status) for _, kind, state, _, status in found] == [
        ("credit_note.issue", "parked", "confirmed")
    ]
    assert [reason for reason, *_ in found] == [f"Issue credit note: {error}" for _, _, _, error, _ in found]


def test_every_order_that_was_called_off_had_its_authorization_let_go_or_its_money_paid_back(demo: Database) -> None:
    kept = demo.execute(
        "select count(*) from orders o where status in ('cancelled', 'refunded') and total_minor > 0 and not exists "
        "(select 1 from payment_entries p where p.order_id = o.id and p.kind in ('voided', 'refunded'))"
    )
    assert kept == [(0,)]


def test_every_refund_of_an_invoiced_order_has_its_credit_note_over_the_same_amount(demo: Database) -> None:
    refunds = demo.execute(
        "select r.id, r.amount_minor from refunds r join invoices i on i.order_id = r.order_id and i.kind = 'invoice' "
        "where r.state = 'succeeded' and i.issued_at is not null order by r.id"
    )
    notes = demo.execute("select refund_id, total_minor from invoices where kind = 'credit_note' order by refund_id")
    assert notes == refunds
    assert len(notes) >= 5
    numbers = demo.execute("select sequence from invoices where kind = 'credit_note' order by sequence")
    assert numbers == [(number,) for number in range(1, len(numbers) + 1)]


def test_only_step_holds_stand_on_steps(demo: Database) -> None:
    assert demo.execute(f"select count(*) {OPEN} and (h.source = 'step') <> (s.id is not null)") == [(0,)]


def test_staff_were_alerted_of_every_hold_that_no_person_placed(demo: Database) -> None:
    silent = demo.execute(
        "select count(*) from holds h where (source <> 'person') <> exists (select 1 from steps s where s.order_id = h.order_id "
        "and s.kind = 'mail.staff_alert' and s.subject = h.id::text)"
    )
    assert silent == [(0,)]


def test_every_hold_is_on_its_timeline_with_its_opening_and_its_end(demo: Database) -> None:
    untold = demo.execute(
        "select count(*) from holds h where "
        "(select count(*) from timeline t where t.order_id = h.order_id and t.kind = 'hold:opened' "
        " and t.at = h.placed_at and (t.data->>'hold_id')::bigint = h.id) <> 1 "
        "or (select count(*) from timeline t where t.order_id = h.order_id and t.kind = 'hold:closed' "
        " and t.at = h.closed_at and (t.data->>'hold_id')::bigint = h.id) <> (h.closed_at is not null)::int"
    )
    assert untold == [(0,)]


def test_past_holds_were_mended_by_colleagues_in_more_than_one_way(demo: Database) -> None:
    ways = dict(demo.execute("select closed_how, count(*) from holds where closed_at is not null group by 1"))
    assert {"retried", "released", "stock reserved on retry"} <= set(ways)
    names = {row[0] for row in demo.execute("select distinct closed_by_name from holds where closed_by like 'user:%'")}
    assert {"Sofia Marin", "Priya Nair"} <= names
    unaudited = demo.execute(
        "select count(*) from holds h where closed_by like 'user:%' and not exists "
        "(select 1 from audit a where a.order_id = h.order_id and a.actor_id = h.closed_by and a.at = h.closed_at)"
    )
    assert unaudited == [(0,)]


def test_where_a_release_needs_a_reason_there_is_one(demo: Database) -> None:
    bare = demo.execute(
        "select count(*) from holds where kind in ('by_staff', 'fraud_risk', 'payment_terms', 'cancelled_in_shop') "
        "and closed_how = 'released' and closed_reason = ''"
    )
    assert bare == [(0,)]


def test_old_troubles_are_settled_and_only_the_latest_orders_wait(demo: Database) -> None:
    waiting = demo.execute(
        "select count(*) from orders where placed_at < %s and status in ('pending', 'confirmed', 'processing')",
        (END - timedelta(days=20),),
    )
    assert waiting == [(0,)]


def test_a_few_documents_failed_without_stopping_their_orders(demo: Database) -> None:
    failed = demo.execute(
        "select s.kind, s.error, o.status from steps s join orders o on o.id = s.order_id where s.state = 'parked' and "
        "s.kind in ('invoice.issue', 'mail.confirmation') and not exists (select 1 from steps n where n.order_id = s.order_id "
        "and n.kind = s.kind and n.generation > s.generation)"
    )
    assert 3 <= len(failed) <= 12
    assert {row[0] for row in failed} == {"invoice.issue", "mail.confirmation"}
    assert all(status in ("confirmed", "processing", "shipped", "delivered") for _, _, status in failed)


def test_the_held_queue_opens_with_its_causes_and_every_preview_can_be_read(demo: Database) -> None:
    page = in_unit_of_work(queue.held_page, Wish(size=200), actor=ADMIN)
    summary = in_unit_of_work(queue.held_summary, actor=ADMIN)
    assert page.orders == len(page.rows) == summary.orders >= 45
    assert {cause.cluster for cause in summary.causes} >= {row.cluster for row in page.rows}
    for row in page.rows:
        view = in_unit_of_work(orders.order_view, row.number, actor=ADMIN)
        for hold in view.holds:
            for action in hold.actions:
                preview = _preview(action, row.number, hold.id)
                assert preview.effects
                assert preview.refusal == ""


def _preview(action: str, number: str, hold_id: int) -> Preview:
    if action == "retry":
        return in_unit_of_work(actions.preview_retry, number, hold_id, actor=ADMIN)
    if action == "ask":
        return in_unit_of_work(actions.preview_ask, number, hold_id, actor=ADMIN)
    return in_unit_of_work(actions.preview_release, number, [hold_id], actor=ADMIN)


def test_quarantined_webhooks_have_their_problems_in_words_and_their_bodies_kept(demo: Database) -> None:
    found = demo.execute("select problems, body, id, body_bytes from inbox where verdict = 'quarantined'")
    assert len(found) == 6
    for problems, body, row_id, size in found:
        assert problems
        assert all(problem.endswith(".") for problem in problems)
        assert len(demo.keyring.open_bytes("inbox", "body", row_id, Sealed(bytes(body)))) == size


def test_the_desk_knows_of_every_held_order_whose_turn_it_is_and_when_it_is_due(demo: Database) -> None:
    unknown = demo.execute(
        "select count(*) from held_orders where order_id not in (select order_id from desk_work where held)"
    )
    without = demo.execute("select count(*) from desk_work where held and (due_at is null) = (turn = 'us')")
    assert (unknown, without) == ([(0,)], [(0,)])
