"""Reading captured payments back from whoever holds them."""

from backend import clock
from backend.domain.reconciliation import BreakKind
from backend.services import reconciliation
from backend.services.reconciliation import OrderReconciled
from tests.world import World


def today(world: World) -> list[OrderReconciled]:
    return list(reconciliation.reconcile_payments(clock.now().date(), world.adapters))


def test_a_day_on_which_both_sides_agree_is_green(world: World) -> None:
    world.place()
    world.place(status="pending")
    world.settle()

    found = today(world)

    assert sorted(verdict.gateway for verdict in found) == ["shopify", "stripe"]
    assert [(verdict.breaks, verdict.unanswered) for verdict in found] == [((), ""), ((), "")]


def test_a_capture_that_only_we_know_of_is_a_break(world: World) -> None:
    world.place()
    world.settle()
    world.database.execute(
        "insert into payment_entries (order_id, kind, amount_minor, currency, provider, reference, step_key, detail, "
        "occurred_at, recorded_at) select id, 'captured', 100, 'EUR', 'shopify', 'planted', '', '', now(), now() from orders"
    )

    (verdict,) = today(world)

    assert [(found.kind, found.reference) for found in verdict.breaks] == [(BreakKind.MISSING_THERE, "planted")]


def test_a_gateway_that_does_not_answer_is_said_not_to_have_answered(world: World) -> None:
    world.place()
    world.settle()
    world.fault("shopify", "error_5xx", "read")

    (verdict,) = today(world)

    assert verdict.breaks == ()
    assert verdict.unanswered != ""
