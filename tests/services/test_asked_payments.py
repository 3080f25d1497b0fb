"""Money asked from customers: captured at once or by a step of its own, confirmed with the bank, called off."""

import json

import pytest

from backend import settings, wiring
from backend.services import actions
from backend.services.run import in_unit_of_work
from tests.services.test_inbound_events import stripe_hook
from tests.world import World

TOTAL = 11920
CUSTOMER = "greta.lindenau@example.org"


@pytest.fixture
def manual(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world in which money asked from customers is captured by a step of its own."""
    monkeypatch.setenv("HOLDFAST_PAYMENT_CAPTURE", "manual")
    settings.current.cache_clear()
    world.adapters = wiring.build(settings.current())
    return world


def waiting(world: World) -> str:
    """An order whose customer was asked to pay and whose first card was declined."""
    world.keep_parcels_back()
    world.fault("stripe", "decline", "pay", times=1)
    world.place(status="pending")
    world.settle()
    assert world.step("payment.request")["state"] == "waiting"
    return world.number()


def pays(world: World, card: str = "pm_card_visa") -> None:
    world.control("POST", "/payments/pay", {"order": world.number(), "card": card})
    world.settle()


def test_by_default_money_is_taken_at_once(world: World) -> None:
    waiting(world)
    pays(world)
    view = world.view()
    assert (view.payment_status, [entry.kind for entry in view.payments]) == ("paid", ["failed", "captured"])
    assert "payment.capture" not in {step.kind for step in view.steps}


def test_by_wish_the_bank_keeps_the_money_ready_and_a_step_of_its_own_takes_it(manual: World) -> None:
    waiting(manual)
    pays(manual)
    view = manual.view()
    assert (view.status, view.payment_status) == ("processing", "paid")
    assert [(entry.kind, entry.amount_minor) for entry in view.payments] == [
        ("failed", 0), ("authorized", TOTAL), ("captured", TOTAL),
    ]  # fmt: skip
    assert (manual.step("payment.request")["state"], manual.step("payment.capture")["state"]) == ("done", "done")
    assert manual.effects()["payment.authorized"] == manual.effects()["payment.captured"] == 1
    (captured,) = manual.journal("payment.captured")
    assert captured["key"] == f"{manual.number()}:payment.capture:1"


def test_an_order_that_is_held_is_authorized_but_not_captured_until_it_is_released(manual: World) -> None:
    number = waiting(manual)
    in_unit_of_work(actions.hold, number, actor=manual.actor, reason="Wait for a call.")
    pays(manual)
    view = manual.view()
    assert (view.status, view.payment_status, view.captured_minor) == ("pending", "authorized", 0)
    assert manual.step("payment.capture")["state"] == "held"
    assert "payment.captured" not in manual.effects()

    (hold,) = view.holds
    shown = in_unit_of_work(actions.preview_release, number, [hold.id], actor=manual.actor)
    click = {"version": shown.version, "token": shown.token, "reason": "Called."}
    in_unit_of_work(actions.release, number, [hold.id], actor=manual.actor, **click)
    manual.settle()
    assert (manual.view().status, manual.view().payment_status) == ("processing", "paid")


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_500"])
def test_a_lost_answer_to_the_capture_is_one_capture(manual: World, fault: str) -> None:
    waiting(manual)
    manual.fault("stripe", fault, "capture", times=1)
    pays(manual)
    assert (manual.view().status, manual.view().captured_minor) == ("processing", TOTAL)
    assert manual.effects()["payment.captured"] == 1


def test_a_bank_that_wants_the_payment_confirmed_is_told_to_the_customer_once_and_the_order_waits(world: World) -> None:
    number = waiting(world)
    pays(world, "pm_card_authenticationRequired")
    (told,) = [hook for hook in world.delivered if b"payment_intent.requires_action" in hook.message.body]
    thing = json.loads(told.message.body)["data"]["object"]
    world.hand_in(stripe_hook(world, "payment_intent.requires_action", thing, "evt_once_more"))
    world.settle()
    assert (world.view().status, world.view().held) == ("pending", False)

    asked = [mail for mail in world.mails(CUSTOMER) if mail["subject"].startswith("Please confirm the payment")]
    ((intent,),) = world.database.execute("select payment_reference from orders")
    assert len(asked) == 1
    assert f"/stripe/pay/{intent}" in asked[0]["plain"]
    milestones = [entry.text for entry in world.view().timeline if entry.weight == "milestone"]
    assert (
        "The customer's bank asks the customer to confirm the payment (3-D Secure); the order waits for that."
        in milestones
    )

    pays(world)
    assert (world.view(number).status, world.view().captured_minor) == ("processing", TOTAL)


def test_a_payment_that_was_called_off_holds_the_order_and_a_retry_asks_for_a_new_one(world: World) -> None:
    number = waiting(world)
    ((first,),) = world.database.execute("select payment_reference from orders")
    world.control("POST", "/payments/call-off", {"order": number})
    world.settle()

    (hold,) = world.view().holds
    assert (hold.kind, hold.reason) == (
        "payment_refused",
        "The payment was called off at Stripe (abandoned). A retry asks for a new one.",
    )
    shown = in_unit_of_work(actions.preview_retry, number, hold.id, actor=world.actor)
    in_unit_of_work(actions.retry, number, hold.id, actor=world.actor, version=shown.version, token=shown.token)
    world.settle()

    ((second,),) = world.database.execute("select payment_reference from orders")
    assert (second != first, world.step("payment.request")["generation"]) == (True, 2)
    assert (world.view().status, world.view().captured_minor) == ("processing", TOTAL)


def test_an_authorization_that_was_called_off_is_no_authorization_any_more(manual: World) -> None:
    number = waiting(manual)
    in_unit_of_work(actions.hold, number, actor=manual.actor, reason="Wait for a call.")
    pays(manual)
    manual.control("POST", "/payments/call-off", {"order": number})
    manual.settle()

    view = manual.view()
    assert [(entry.kind, entry.amount_minor) for entry in view.payments][1:] == [
        ("authorized", TOTAL), ("voided", TOTAL),
    ]  # fmt: skip
    assert sorted(hold.kind for hold in view.holds) == ["by_staff", "payment_refused"]
    assert view.payment_status == "failed"
