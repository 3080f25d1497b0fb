"""The same way with other providers: Razorpay takes the money and EasyPost sells the label, and nothing else changes."""

import pytest

from backend import settings, wiring
from backend.settings import Settings
from tests.world import World, use


@pytest.fixture
def other_world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world in which Holdfast was told to use the second providers."""
    chosen = {"payment_gateway": "razorpay", "shipping_provider": "easypost"}
    environment = world.outside.practice.settings_for_holdfast(Settings.model_validate(chosen))
    use(environment | {f"HOLDFAST_{name.upper()}": value for name, value in chosen.items()}, monkeypatch)
    world.adapters = wiring.build(settings.current())
    return world


def test_an_unpaid_order_is_paid_shipped_and_delivered(other_world: World) -> None:
    other_world.place(status="pending")

    other_world.settle()

    view = other_world.view()
    assert (view.status, view.payment_status, view.shipping_status, view.held) == (
        "delivered",
        "paid",
        "delivered",
        False,
    )
    assert sorted((one.kind, one.amount_minor, one.provider) for one in view.payments) == [
        ("authorized", 11920, "razorpay"),
        ("captured", 11920, "razorpay"),
    ]
    assert view.payments[0].reference.startswith("pay_")
    assert "payment.capture" not in {step.kind for step in view.steps}
    effects = other_world.effects()
    assert (effects["order.created"], effects["payment.captured"], effects["label.bought"]) == (1, 1, 1)
    (parcel,) = view.parcels
    assert [entry["tracking_number"] for entry in other_world.journal("label.bought")] == [parcel.tracking_number]
    assert {receipt.verdict for receipt in other_world.receipts} <= {"accepted", "ignored", "duplicate"}
    (link,) = [mail for mail in other_world.mails() if mail["subject"].startswith("Please pay")]
    assert "/razorpay/pay/order_" in link["plain"]


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_cut"])
@pytest.mark.parametrize(
    ("provider", "operation", "kind", "effect"),
    [
        ("razorpay", "order", "payment.request", "order.created"),
        ("easypost", "shipment", "shipment.create", "shipment.created"),
        ("easypost", "buy", "shipment.create", "label.bought"),
    ],
)
def test_a_lost_answer_is_settled_by_asking_and_nothing_happens_twice(
    other_world: World, provider: str, operation: str, kind: str, effect: str, fault: str
) -> None:
    other_world.fault(provider, fault, operation, times=1)
    other_world.place(status="pending")

    other_world.settle()

    view = other_world.view()
    assert (view.status, view.held) == ("delivered", False)
    # The webhook of a payment may settle its request before anybody has asked.
    assert other_world.step(kind)["attempts"] == 2 or (kind, other_world.step(kind)["attempts"]) == (
        "payment.request",
        1,
    )
    assert other_world.effects()[effect] == 1
    assert other_world.effects()["payment.captured"] == other_world.effects()["label.bought"] == 1


def test_a_parcel_that_no_carrier_takes_is_held_in_the_carriers_words(other_world: World) -> None:
    other_world.fault("easypost", "refuse", "shipment")
    other_world.place(status="pending")

    other_world.settle()

    (hold,) = other_world.view().holds
    assert hold.kind == "shipment_not_accepted"
    assert "No carrier offers a rate for this parcel" in hold.reason
    assert "label.bought" not in other_world.effects()
