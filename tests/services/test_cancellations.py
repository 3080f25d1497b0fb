"""Cancelling: one sequence that stops, voids, pays back and restocks, and is never done behind something that failed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.domain.errors import NotPossible
from backend.services import actions, cancellations
from backend.services.run import in_unit_of_work
from tests.factories import stocked
from tests.waiting import until
from tests.world import World


def cancel(world: World, *, restock: bool = True) -> str:
    number = world.number()
    shown = in_unit_of_work(cancellations.preview_cancel, number, restock=restock, actor=world.actor)
    assert shown.refusal == ""
    done = in_unit_of_work(
        cancellations.cancel,
        number,
        restock=restock,
        actor=world.actor,
        version=shown.version,
        token=shown.token,
        reason="customer changed her mind",
    )
    return done.sentence


def on_the_shelf(world: World) -> tuple[int, int]:
    (row,) = world.database.execute("select on_hand, reserved from inventory where sku = 'LNT-STR-BRS'")
    return row[0], row[1]


def moves(world: World) -> list[str]:
    return [entry.data["to"] for entry in reversed(world.view().timeline) if entry.kind == "order:moved"]


def test_an_order_that_has_not_begun_is_cancelled_at_once_and_its_stock_is_free(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.fault("shopify", "decline", "capture", times=1)
    world.place()
    world.settle()
    assert on_the_shelf(world) == (7, 2)

    sentence = cancel(world)
    world.settle()

    view = world.view()
    assert sentence == f"Order {world.number()} is cancelled."
    assert (view.status, view.held, view.captured_minor) == ("cancelled", False, 0)
    assert on_the_shelf(world) == (7, 0)
    assert world.journal(kind="payment.captured") == []
    assert "is cancelled" in world.mails(to="greta.lindenau@example.org")[-1]["subject"]


def test_a_packed_order_has_its_label_voided_and_its_money_paid_back_before_it_is_cancelled(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place()
    world.settle()

    sentence = cancel(world)
    assert sentence == f"Order {world.number()} is being cancelled."
    assert world.view().status == "processing"
    world.settle()

    view = world.view()
    assert (view.status, view.payment_status, view.held) == ("refunded", "refunded", False)
    assert moves(world) == ["confirmed", "processing", "cancelled", "refunded"]
    assert len(world.journal(kind="label.voided")) == 1
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert on_the_shelf(world) == (7, 0)


def test_without_restock_the_goods_stay_reserved_for_whoever_has_them(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place()
    world.settle()

    cancel(world, restock=False)
    world.settle()

    assert on_the_shelf(world) == (7, 2)


def test_it_is_not_cancelled_behind_a_refund_that_failed_and_goes_on_when_that_is_mended(world: World) -> None:
    world.keep_parcels_back()
    world.place()
    world.settle()
    world.fault("shopify", "refuse", "refund", times=1)

    cancel(world)
    world.settle()

    view = world.view()
    assert view.status == "processing"
    assert sorted(hold.kind for hold in view.holds) == ["being_cancelled", "payment_refused"]
    refused = next(hold for hold in view.holds if hold.kind == "payment_refused")
    shown = in_unit_of_work(actions.preview_retry, view.number, refused.id, actor=world.actor)
    in_unit_of_work(actions.retry, view.number, refused.id, actor=world.actor, version=shown.version, token=shown.token)
    world.settle()
    assert world.view().status == "refunded"
    assert len(world.journal(kind="label.voided")) == 1


def test_a_capture_that_is_under_way_is_waited_for_and_paid_back(world: World) -> None:
    world.fault("shopify", "slow", "capture", times=1, delay_seconds=1.5)
    world.place()
    until(lambda: world.take_in() > 0)
    step = world.step("payment.capture")
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(world.run, step["id"])
        until(lambda: world.step("payment.capture")["state"] == "running")
        cancel(world)
        running.result()

    world.settle()

    assert world.view().status == "refunded"
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.captured")] == [11920]
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [11920]
    assert world.journal(kind="label.bought") == []


def test_a_delivered_order_cannot_be_cancelled_and_is_told_to_be_refunded(world: World) -> None:
    world.place()
    world.settle()

    shown = in_unit_of_work(cancellations.preview_cancel, world.number(), restock=True, actor=world.actor)

    assert (
        shown.refusal == "An order that is delivered cannot be cancelled. Refund it instead where money is to go back."
    )
    with pytest.raises(NotPossible):
        in_unit_of_work(
            cancellations.cancel,
            world.number(),
            restock=True,
            actor=world.actor,
            version=shown.version,
            token=shown.token,
            reason="too late",
        )
    assert world.view().status == "delivered"
