"""Answers about something else are no answers: they are never believed, and never proof that nothing happened."""

from typing import Any

import pytest

from backend.domain.holds import HoldKind
from backend.integrations.believing import check_about, check_money
from backend.ports.calls import Call, Mismatch, OutcomeUnknown, Rejected
from tests.integrations import test_razorpay_gateway as razorpay
from tests.integrations import test_shipengine as shipengine
from tests.integrations import test_shopify_gateway as shopify
from tests.integrations import test_stripe_gateway as stripe
from tests.integrations.conftest import Serve
from tests.integrations.server import Reply

OTHER = "ORD-20260131-90001"


def test_a_mismatch_is_doubt_that_a_person_looks_at() -> None:
    with pytest.raises(Mismatch) as caught:
        check_money("stripe", "Stripe captured", (4300, "EUR"), (4200, "EUR"))

    assert caught.value.category is HoldKind.PAYMENT_MISMATCH
    assert caught.value.sentence == "Stripe captured 43.00 EUR, but the order needs 42.00 EUR. Nothing was booked."
    assert isinstance(caught.value, OutcomeUnknown)
    assert not isinstance(caught.value, Rejected)


def test_an_answer_that_names_nothing_contradicts_nothing() -> None:
    check_about("stripe", "the payment", "", "pi_1")
    check_about("stripe", "the payment", "pi_1", "pi_1")
    with pytest.raises(OutcomeUnknown, match="Stripe answered with the payment pi_2, but was asked for pi_1"):
        check_about("stripe", "the payment", "pi_2", "pi_1")


@pytest.mark.parametrize("changes", [{"id": "pi_other"}, {"metadata": {"order_ref": OTHER}}], ids=["id", "order"])
def test_stripes_capture_of_another_payment_is_not_believed(serve: Serve, call: Call, changes: Any) -> None:
    with pytest.raises(OutcomeUnknown, match="not believed"):
        stripe.gateway(serve(Reply(200, stripe.intent(**changes)))).capture(stripe.ORDER, call)


@pytest.mark.parametrize(
    "metadata", [{"order_ref": OTHER}, {"step_key": f"{OTHER}:payment.request:1"}], ids=["order", "step"]
)
def test_stripes_intent_for_another_order_is_not_believed(serve: Serve, call: Call, metadata: Any) -> None:
    with pytest.raises(OutcomeUnknown, match="not believed"):
        stripe.gateway(serve(Reply(200, stripe.intent(metadata=metadata)))).request_payment(stripe.ORDER, call)


def test_a_customer_is_never_sent_to_pay_another_amount(serve: Serve, call: Call) -> None:
    with pytest.raises(Mismatch, match="Stripe asks the customer for"):
        stripe.gateway(serve(Reply(200, stripe.intent(amount=4300)))).request_payment(stripe.ORDER, call)


def test_razorpays_capture_of_another_payment_is_not_believed(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown, match="not believed"):
        razorpay.gateway(serve(Reply(200, razorpay.payment(id="pay_other")))).capture(razorpay.AUTHORIZED, call)


def test_shopifys_capture_on_another_order_is_not_believed(serve: Serve, call: Call) -> None:
    answer = Reply(201, {"transaction": shopify.transaction("capture", order_id=999)})

    with pytest.raises(OutcomeUnknown, match="not believed"):
        shopify.gateway(serve(shopify.listed(), answer)).capture(shopify.ORDER, call)


def test_shopifys_transactions_of_another_order_are_not_believed(serve: Serve, call: Call) -> None:
    with pytest.raises(OutcomeUnknown, match="not believed"):
        shopify.gateway(serve(shopify.listed(shopify.transaction("capture", order_id=999)))).find_capture(
            shopify.ORDER, call
        )


def test_a_label_of_another_parcel_is_not_believed(serve: Serve, call: Call) -> None:
    answer = Reply(200, shipengine.LABEL | {"external_shipment_id": f"{OTHER}:shipment.create:1"})

    with pytest.raises(OutcomeUnknown, match="not believed"):
        shipengine.ship_engine(serve(answer)).buy_label(shipengine.REQUEST, call)
