"""One gate: whatever wants to move an order on waits while any hold is open, and goes on when the last one is lifted."""

from backend.domain.holds import HoldKind, HoldSource
from backend.domain.retries import Outcome
from backend.services import actions, holds
from backend.services.run import in_unit_of_work
from backend.store import db, orders, steps
from tests.factories import staff
from tests.world import World

BEN = staff(number=2)


def stop(world: World, reason: str = "Wait for a call.") -> None:
    in_unit_of_work(actions.hold, world.number(), actor=BEN, reason=reason)


def lift(world: World) -> None:
    ids = [hold.id for hold in world.view().holds]
    preview = in_unit_of_work(actions.preview_release, world.number(), ids, actor=BEN)
    in_unit_of_work(
        actions.release, world.number(), ids,
        actor=BEN, version=preview.version, token=preview.token, reason="They called.",
    )  # fmt: skip


def first_order(world: World) -> None:
    """The order is in and nothing has run yet."""
    world.place()
    while not world.take_in():
        world.outside.letterbox.wait(5)


def test_a_held_order_makes_no_call_and_goes_on_when_it_is_released(world: World) -> None:
    first_order(world)
    stop(world)
    world.settle()
    step = world.step("payment.capture")
    assert (step["state"], step["attempts"]) == ("held", 0)
    assert world.effects() == {}
    woken: list[int] = []
    db.set_waker(woken.extend)
    lift(world)
    assert woken == [step["id"]]
    world.settle()
    assert world.view().status == "delivered"
    assert world.step("payment.capture")["attempts"] == 1


def test_a_hold_placed_between_two_tries_stops_the_next_one(world: World) -> None:
    world.fault("shopify", "error_5xx", "capture", times=1)
    first_order(world)
    world.run(world.step("payment.capture")["id"])
    assert world.step("payment.capture")["attempts"] == 1
    stop(world)
    world.settle()
    assert (world.step("payment.capture")["state"], world.step("payment.capture")["attempts"]) == ("held", 1)
    assert world.effects() == {}
    lift(world)
    world.settle()
    assert world.view().status == "delivered"
    assert world.effects()["payment.captured"] == 1


def test_a_hold_placed_during_a_call_keeps_its_result_and_stops_what_comes_next(world: World) -> None:
    first_order(world)
    step_id = world.step("payment.capture")["id"]
    held = in_unit_of_work(steps.claim, step_id, 30.0)
    assert held is not None
    stop(world)
    in_unit_of_work(steps.try_later, held, Outcome.NOT_SENT, delay=0, error="refused")
    world.settle()
    assert world.view().status == "pending"
    assert world.step("payment.capture")["state"] == "held"


def test_a_held_order_is_not_moved_by_webhooks_but_their_facts_are_kept(world: World) -> None:
    world.keep_parcels_back()
    world.place()
    world.settle()
    stop(world)
    world.heal()
    tracking = world.view().parcels[0].tracking_number
    for code in ("AC", "DE"):
        world.scan(tracking, code)
    world.settle()
    view = world.view()
    assert (view.status, view.parcels[0].status) == ("processing", "delivered")
    assert not [mail for mail in world.mails() if "on its way" in mail["subject"]]
    lift(world)
    world.settle()
    assert world.view().status == "delivered"


def test_documents_and_mails_do_not_wait_for_a_hold(world: World) -> None:
    world.fault("shipengine", "refuse", "label")
    world.place()
    world.settle()
    assert world.view().held is True
    assert world.step("invoice.send")["state"] == "done"
    assert world.step("mail.confirmation")["state"] == "done"


def test_the_last_of_several_holds_opens_the_gate(world: World) -> None:
    first_order(world)
    stop(world)

    def check(session: object) -> None:
        order = orders.lock_by_number(session, world.number())  # type: ignore[arg-type]
        holds.place(session, order, HoldKind.FRAUD_RISK, "Risky.", source=HoldSource.CHECK)  # type: ignore[arg-type]

    in_unit_of_work(check)
    world.settle()
    assert world.step("payment.capture")["state"] == "held"

    def recheck(session: object) -> bool:
        order = orders.lock_by_number(session, world.number())  # type: ignore[arg-type]
        holds.lift_by_check(session, order, HoldKind.FRAUD_RISK, "the shop took it back")  # type: ignore[arg-type]
        return holds.gate(session, order.id)  # type: ignore[arg-type]

    assert in_unit_of_work(recheck) is False
    assert world.step("payment.capture")["state"] == "held"
    assert [(hold.kind, hold.closed_by) for hold in world.view().closed_holds] == [("fraud_risk", "Holdfast")]
    lift(world)
    world.settle()
    assert world.view().status == "delivered"


def test_while_held_a_lost_answer_is_still_asked_for_so_that_what_is_known_is_shown(world: World) -> None:
    world.fault("shopify", "accept_then_cut", "capture", times=1)
    first_order(world)
    world.run(world.step("payment.capture")["id"])
    stop(world)

    world.settle()

    view = world.view()
    assert (view.status, view.payment_status, view.captured_minor) == ("pending", "paid", 11920)
    assert len(world.journal(kind="payment.captured")) == 1
    lift(world)
    world.settle()
    assert world.view().status == "delivered"
    assert len(world.journal(kind="payment.captured")) == 1


def test_while_held_a_call_that_never_arrived_is_found_out_and_not_repeated_before_the_release(world: World) -> None:
    world.fault("shopify", "connection_cut", "capture", times=1)
    first_order(world)
    world.run(world.step("payment.capture")["id"])
    assert world.step("payment.capture")["in_doubt"] is True
    stop(world)

    world.settle()

    step = world.step("payment.capture")
    assert (step["state"], step["in_doubt"]) == ("held", False)
    assert world.journal(kind="payment.captured") == []
    lift(world)
    world.settle()
    assert len(world.journal(kind="payment.captured")) == 1
