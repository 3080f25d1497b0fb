"""What a provider refuses: the order stops with a reason of its own, one click mends it, and nothing happens twice."""

from dataclasses import replace

import pytest

from backend import settings, wiring
from backend.domain.desk import ActionDone, HoldView
from backend.domain.errors import NotPossible
from backend.domain.holds import CATALOGUE, HoldKind
from backend.services import actions
from backend.services.run import in_unit_of_work
from tests.world import STAFF_ADDRESS, World

RETRY, RELEASE, BOTH = ("retry",), ("release",), ("retry", "release")

REJECTIONS = [
    # provider, fault, operation -> step, hold kind, reason, actions
    ("shopify", "decline", "capture", "payment.capture", "payment_declined",
     "The capture was declined: Your card was declined.", RETRY),
    ("shopify", "insufficient_funds", "capture", "payment.capture", "payment_declined",
     "The capture was declined: Your card has insufficient funds.", RETRY),
    ("shopify", "refuse", "capture", "payment.capture", "payment_refused",
     "Shopify refused the request: The authorization has expired and can no longer be captured", RETRY),
    ("shipengine", "bad_address", "validate", "shipment.verify_address", "address_invalid",
     "The carrier cannot deliver to this address. The house number does not exist in this street and postal code.", BOTH),
    ("shipengine", "bad_address", "label", "shipment.create", "address_invalid",
     "ShipEngine refused: The carrier cannot deliver to the recipient's address. (invalid_address)", BOTH),
    ("shipengine", "refuse", "label", "shipment.create", "shipment_not_accepted",
     "ShipEngine refused: The carrier does not accept this shipment for the selected service.", RETRY),
    ("shipengine", "out_of_stock", "label", "shipment.create", "shipment_out_of_stock",
     "ShipEngine refused: The fulfilment centre reports that an item is out of stock.", RETRY),
    ("shipengine", "insufficient_funds", "label", "shipment.create", "carrier_funds",
     "ShipEngine refused: The carrier account has insufficient funds to buy this label. (insufficient_funds)", RETRY),
]  # fmt: skip
ONE_OF_EACH = {
    "payment.captured": 1,
    "invoice.created": 1,
    "invoice.sent": 1,
    "label.bought": 1,
    "fulfilment.created": 1,
}


def only_hold(world: World) -> HoldView:
    (hold,) = world.view().holds
    return hold


def retry(world: World, hold: HoldView) -> ActionDone:
    number = world.number()
    preview = in_unit_of_work(actions.preview_retry, number, hold.id, actor=world.actor)
    assert preview.refusal == ""
    return in_unit_of_work(
        actions.retry, number, hold.id, actor=world.actor, version=preview.version, token=preview.token
    )


def release(world: World, hold: HoldView, reason: str = "Settled on the phone.") -> ActionDone:
    number = world.number()
    preview = in_unit_of_work(actions.preview_release, number, [hold.id], actor=world.actor)
    assert preview.refusal == ""
    return in_unit_of_work(
        actions.release, number, [hold.id],
        actor=world.actor, version=preview.version, token=preview.token, reason=reason,
    )  # fmt: skip


def effects(world: World) -> dict[str, int]:
    return {kind: count for kind, count in world.effects().items() if kind != "address.validated"}


@pytest.mark.parametrize(
    ("provider", "fault", "operation", "kind", "hold_kind", "reason", "clicks"),
    REJECTIONS,
    ids=[f"{row[0]}-{row[2]}-{row[1]}" for row in REJECTIONS],
)
def test_a_refusal_holds_the_order_and_a_retry_after_the_cause_is_gone_brings_it_home(
    world: World,
    provider: str,
    fault: str,
    operation: str,
    kind: str,
    hold_kind: str,
    reason: str,
    clicks: tuple[str, ...],
) -> None:
    world.fault(provider, fault, operation)
    world.place()
    world.settle()

    hold, step = only_hold(world), world.step(kind)
    rule = CATALOGUE[HoldKind(hold_kind)]
    assert (hold.kind, hold.title, hold.reason, hold.advice) == (hold_kind, rule.title, reason, rule.advice)
    assert (hold.provider, hold.source, hold.step_id, tuple(map(str, hold.actions))) == (
        provider, "step", step["id"], clicks,
    )  # fmt: skip
    assert (step["state"], step["attempts"], step["outcome"], step["in_doubt"]) == ("parked", 1, "rejected", False)
    (alert,) = [mail for mail in world.mails(STAFF_ADDRESS) if mail["subject"].startswith("Held: ")]
    assert alert["subject"] == f"Held: {world.number()} – {rule.title}"
    assert reason in alert["plain"].replace("\r\n", "\n")
    assert f"https://desk.shop.example/orders/{world.number()}" in alert["plain"]
    before = effects(world)
    assert "label.bought" not in before

    world.settle()
    assert effects(world) == before  # it stays stopped

    world.heal()
    assert retry(world, hold).sentence.endswith(" runs again.")
    again = world.step(kind)
    assert (again["generation"], again["key"], again["state"]) == (2, step["key"][:-1] + "2", "ready")
    world.settle()

    view = world.view()
    assert (view.status, view.held) == ("delivered", False)
    assert effects(world) == ONE_OF_EACH
    (closed,) = view.closed_holds
    assert (closed.closed_how, closed.closed_by) == ("retried", world.actor.name)


def test_a_refusal_that_stays_holds_the_order_again_with_a_new_alert(world: World) -> None:
    world.fault("shipengine", "refuse", "label")
    world.place()
    world.settle()
    first = only_hold(world)
    retry(world, first)
    world.settle()
    second = only_hold(world)
    assert second.id != first.id
    assert world.step("shipment.create")["generation"] == 2
    alerts = [mail for mail in world.mails(STAFF_ADDRESS) if mail["subject"].startswith("Held: ")]
    assert len(alerts) == 2
    world.heal()
    retry(world, second)
    world.settle()
    assert world.view().status == "delivered"
    assert effects(world) == ONE_OF_EACH
    assert world.journal("label.bought")[0]["reference"] == f"{world.number()}:shipment.create:3"


def test_an_address_the_check_refused_may_be_shipped_to_all_the_same(world: World) -> None:
    world.fault("shipengine", "bad_address", "validate")
    world.place()
    world.settle()
    assert release(world, only_hold(world)).sentence == "Released. The order goes on."
    world.settle()
    assert world.step("shipment.verify_address")["state"] == "cancelled"
    assert world.view().status == "delivered"
    assert effects(world) == ONE_OF_EACH


def test_an_order_never_stops_without_a_hold_when_an_address_is_released_that_the_label_was_refused_for(
    world: World,
) -> None:
    world.fault("shipengine", "bad_address", "label")
    world.place()
    world.settle()
    first = only_hold(world)
    release(world, first)
    world.settle()
    second = only_hold(world)  # the carrier was asked again, as it is, and said no again
    assert (second.id != first.id, second.kind) == (True, "address_invalid")
    world.heal()
    release(world, second)
    world.settle()
    assert world.view().status == "delivered"
    assert effects(world) == ONE_OF_EACH


def test_what_did_not_happen_outside_cannot_just_be_released(world: World) -> None:
    world.fault("shopify", "decline", "capture")
    world.place()
    world.settle()
    hold = only_hold(world)
    preview = in_unit_of_work(actions.preview_release, world.number(), [hold.id], actor=world.actor)
    assert preview.refusal.startswith("“Payment declined” cannot just be released: something outside did not happen.")
    with pytest.raises(NotPossible, match="cannot just be released"):
        in_unit_of_work(
            actions.release, world.number(), [hold.id],
            actor=world.actor, version=preview.version, token=preview.token, reason="Please.",
        )  # fmt: skip
    assert only_hold(world).id == hold.id
    assert world.database.execute("select count(*) from audit") == [(0,)]


def test_a_wrong_key_is_told_to_the_administrator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SHIPENGINE_API_KEY", "TEST_wrong")
    settings.current.cache_clear()
    good = world.adapters
    world.adapters = wiring.build(settings.current())
    world.place()
    world.settle()
    hold = only_hold(world)
    assert (hold.kind, world.step("shipment.verify_address")["attempts"]) == ("provider_credentials", 1)
    world.adapters = good
    retry(world, hold)
    world.settle()
    assert world.view().status == "delivered"


def test_a_provider_that_is_not_connected_holds_what_needs_it(world: World) -> None:
    good = world.adapters
    world.adapters = replace(good, shipping=None)
    world.place()
    world.settle()
    hold = only_hold(world)
    assert (hold.kind, hold.reason) == (
        "provider_not_connected",
        "No provider for shipping is connected, so this could not be done: Verify address.",
    )
    world.adapters = good
    retry(world, hold)
    world.settle()
    assert world.view().status == "delivered"
    assert effects(world) == ONE_OF_EACH


def test_a_mismatch_between_what_the_shop_says_and_what_was_paid_is_held(world: World) -> None:
    order = world.place(send=False, status="paid", total_price="99.20", shipping_lines=[])
    world.send({**order, "total_price": "119.20", "shipping_lines": [{"title": "S", "price": "4.90"}]})
    world.settle()
    hold = only_hold(world)
    assert hold.kind == "payment_mismatch"
    assert "119.20 EUR" in hold.reason
    assert "99.20 EUR" in hold.reason
    assert world.view().payments == ()
    assert effects(world) == {}


def test_a_provider_that_never_answers_ends_in_a_hold_after_the_last_try_and_a_retry_keeps_the_key(
    world: World,
) -> None:
    world.fault("shopify", "connection_cut")
    world.place()
    world.settle()
    hold, step = only_hold(world), world.step("payment.capture")
    assert step["attempts"] == 8
    assert hold.kind in ("provider_unavailable", "outcome_unknown")
    assert effects(world) == {}
    world.heal()
    retry(world, hold)
    again = world.step("payment.capture")
    assert (again["id"], again["key"], again["generation"]) == (step["id"], step["key"], 1)
    world.settle()
    assert world.view().status == "delivered"
    assert effects(world) == ONE_OF_EACH


def test_errors_of_a_few_moments_are_got_over_without_anybody(world: World) -> None:
    for provider, operation in (("shopify", "capture"), ("invoiceninja", "invoice"), ("shipengine", "label")):
        world.fault(provider, "error_5xx", operation, times=2)
    world.place()
    world.settle()
    view = world.view()
    assert (view.status, view.closed_holds) == ("delivered", ())
    assert [world.step(kind)["attempts"] for kind in ("payment.capture", "shipment.create")] == [3, 3]
    assert effects(world) == ONE_OF_EACH
