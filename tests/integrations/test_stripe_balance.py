"""Stripe's balance transactions, page by page: what moved, what it cost, and what our books call it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.integrations.stripe.client import StripeGateway
from backend.ports.calls import Call, OutcomeUnknown
from backend.ports.payments import BalanceKind, BalanceStatement
from tests.integrations.conftest import Serve
from tests.integrations.server import Asked, Reply, ScriptedServer

NOW = 1_770_000_000
K = BalanceKind


def gateway(server: ScriptedServer) -> StripeGateway:
    return StripeGateway(api_key="sk_test_canary", pay_url_template="https://shop.example", api_base=server.base)


def moved(**changes: Any) -> dict[str, Any]:
    body = {
        "id": "txn_1",
        "object": "balance_transaction",
        "type": "charge",
        "reporting_category": "charge",
        "amount": 4200,
        "fee": 88,
        "net": 4112,
        "currency": "eur",
        "created": NOW,
        "source": {
            "id": "ch_1",
            "object": "charge",
            "payment_intent": "pi_1",
            "status": "succeeded",
            "metadata": {"order_ref": "ORD-20260131-00001"},
        },
    }
    return body | changes


def page(*rows: dict[str, Any], more: bool = False) -> Reply:
    return Reply(200, {"object": "list", "data": list(rows), "has_more": more, "url": "/v1/balance_transactions"})


def test_a_payment_goes_under_its_intent_with_its_fee(serve: Serve, call: Call) -> None:
    (row,) = gateway(serve(page(moved()))).balance_rows(call)

    assert (row.id, row.kind, row.type, row.category) == ("txn_1", K.PAYMENT, "charge", "charge")
    assert (row.amount_minor, row.fee_minor, row.net_minor, row.currency) == (4200, 88, 4112, "EUR")
    assert (row.source, row.reference, row.order_number, row.final) == ("ch_1", "pi_1", "ORD-20260131-00001", True)
    assert row.at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "category", "source", "expected", "reference"),
    [
        ("charge", "charge", {"id": "ch_2", "payment_intent": None}, K.PAYMENT, "ch_2"),
        ("payment", "charge", {"id": "py_2", "payment_intent": "pi_2"}, K.PAYMENT, "pi_2"),
        ("refund", "refund", {"id": "re_1", "payment_intent": "pi_1"}, K.REFUND, "re_1"),
        ("payment_refund", "refund", {"id": "pyr_1"}, K.REFUND, "pyr_1"),
        ("refund_failure", "refund_failure", {"id": "re_1"}, K.REFUND_FAILED, "re_1"),
        ("adjustment", "dispute", {"id": "dp_1", "payment_intent": "pi_1"}, K.CHARGEBACK, "dp_1"),
        ("adjustment", "dispute_reversal", {"id": "dp_1"}, K.CHARGEBACK_REVERSED, "dp_1"),
        ("payout", "payout", {"id": "po_1"}, K.PAYOUT, "po_1"),
        ("stripe_fee", "fee", None, K.FEE, ""),
        ("climate_order_purchase", "climate", {"id": "x_1"}, K.OTHER, "x_1"),
    ],
)
def test_each_kind_of_movement_has_a_name_of_ours(
    serve: Serve, call: Call, kind: str, category: str, source: Any, expected: K, reference: str
) -> None:
    row_of = moved(type=kind, reporting_category=category, source=source, amount=-1500, fee=0, net=-1500)

    (row,) = gateway(serve(page(row_of))).balance_rows(call)

    assert (row.kind, row.reference, row.amount_minor) == (expected, reference, -1500)


def test_a_source_that_did_not_come_along_is_named_by_its_id(serve: Serve, call: Call) -> None:
    (row,) = gateway(serve(page(moved(type="refund", source="re_9")))).balance_rows(call)
    assert (row.source, row.reference, row.order_number) == ("re_9", "re_9", "")


def test_a_refund_that_is_pending_is_not_final(serve: Serve, call: Call) -> None:
    pending = moved(type="refund", source={"id": "re_1", "status": "pending"})
    (row,) = gateway(serve(page(pending))).balance_rows(call)
    assert row.final is False


def test_several_pages_are_read_one_after_the_other_and_only_as_far_as_wanted(serve: Serve, call: Call) -> None:
    pages = {
        None: page(moved(id="txn_5"), moved(id="txn_4"), more=True),
        "txn_4": page(moved(id="txn_3"), moved(id="txn_2"), more=True),
        "txn_2": page(moved(id="txn_1")),
    }

    def answer(asked: Asked) -> Reply:
        return pages[asked.query.get("starting_after")]

    server = serve(script=answer)
    rows = gateway(server).balance_rows(call)

    assert next(rows).id == "txn_5"
    assert len(server.asked) == 1
    assert [row.id for row in rows] == ["txn_4", "txn_3", "txn_2", "txn_1"]
    assert [asked.query["limit"] for asked in server.asked] == ["100"] * 3


def test_a_time_and_a_payout_narrow_the_list(serve: Serve, call: Call) -> None:
    server = serve(page())
    since, until = datetime.fromtimestamp(NOW, UTC), datetime.fromtimestamp(NOW + 86_400, UTC)

    assert list(gateway(server).balance_rows(call, since=since, until=until, payout="po_1")) == []

    (asked,) = server.asked
    assert asked.path == "/v1/balance_transactions"
    assert asked.query == {
        "expand[]": "data.source",
        "payout": "po_1",
        "created[gte]": str(NOW),
        "created[lt]": str(NOW + 86_400),
        "limit": "100",
    }


@pytest.mark.parametrize(
    "broken", [{"amount": "42.00"}, {"net": None}, {"currency": "xxq"}, {"id": ""}, {"created": -1}]
)
def test_a_movement_that_cannot_be_counted_is_not_passed_over(serve: Serve, call: Call, broken: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown, match="Stripe's balance has a movement without"):
        list(gateway(serve(page(moved(**broken)))).balance_rows(call))


def test_a_gateway_that_tells_its_balance_is_known_as_one(serve: Serve) -> None:
    assert isinstance(gateway(serve(page())), BalanceStatement)
