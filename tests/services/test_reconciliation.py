"""Reading captured payments back from whoever holds them."""

from backend import clock
from backend.domain.reconciliation import BreakKind
from backend.services import balance_check, reconciliation
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


def balances(world: World) -> list[OrderReconciled]:
    return list(balance_check.reconcile_balances(clock.now().date(), world.adapters))


def test_a_balance_whose_every_movement_is_in_our_books_is_green(world: World) -> None:
    world.place(status="pending")
    world.settle()

    assert balances(world) == []


def test_money_that_moved_there_and_is_in_nobodys_books_here_is_named_over_several_pages(world: World) -> None:
    world.place(status="pending")
    world.settle()
    key = world.outside.environment["HOLDFAST_STRIPE_API_KEY"]
    for _ in range(103):
        given = {"amount": "500", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
        answer = world.outside.http.post(
            "/stripe/v1/payment_intents", data=given, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 200
    world.outside.letterbox.take()

    found = balances(world)

    assert len(found) == 103
    assert {verdict.number for verdict in found} == {""}
    assert {(gap.kind, gap.theirs and gap.theirs.amount_minor) for verdict in found for gap in verdict.breaks} == {
        (BreakKind.MISSING_HERE, 500)
    }
    pages = [call for call in world.control("GET", "/calls", provider="stripe")["calls"] if "balance" in call["path"]]
    assert len(pages) == 2


def test_a_balance_that_cannot_be_read_is_said_not_to_have_been_read(world: World) -> None:
    world.fault("stripe", "error_5xx", "read")

    (verdict,) = balances(world)

    assert (verdict.gateway, verdict.breaks) == ("stripe", ())
    assert verdict.unanswered != ""
