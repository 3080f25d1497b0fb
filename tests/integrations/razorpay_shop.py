"""What Razorpay answers about the one order of its tests, and the gateway that asks it."""

from typing import Any

from backend.integrations.razorpay.client import RazorpayGateway
from backend.ports.payments import PaymentOrder, RefundOrder
from tests.integrations.server import Reply, ScriptedServer

PAYMENT = "pay_DG4ZdRK8ZnXC3k"
RZP_ORDER = "order_GjCr5oKh4AVC51"
NUMBER = "ORD-20260131-00001"
AUTHORIZED = PaymentOrder(NUMBER, "generic", "61200", 4200, "INR", PAYMENT)
UNPAID = PaymentOrder(NUMBER, "generic", "61200", 4200, "INR")
REFUND = RefundOrder(NUMBER, "61200", PAYMENT, 1500, "INR", "broken on arrival")


def gateway(server: ScriptedServer) -> RazorpayGateway:
    return at_base(server.base)


def at_base(base: str) -> RazorpayGateway:
    page = "https://shop.example/pay?order={id}&key={key_id}&number={number}"
    return RazorpayGateway(api_key="rzp_test_1:secret_canary", pay_url_template=page, api_base=base)


def payment(**changes: Any) -> dict[str, Any]:
    body = {
        "id": PAYMENT,
        "entity": "payment",
        "amount": 4200,
        "currency": "INR",
        "status": "captured",
        "captured": True,
        "order_id": RZP_ORDER,
        "email": "canary@example.com",
        "contact": "9000090000",
        "vpa": "canary@examplebank",
        "notes": [],
        "created_at": 1769853600,
    }
    return body | changes


def rzp_order(**changes: Any) -> dict[str, Any]:
    body = {
        "id": RZP_ORDER,
        "entity": "order",
        "amount": 4200,
        "amount_paid": 0,
        "amount_due": 4200,
        "currency": "INR",
        "receipt": NUMBER,
        "status": "created",
        "notes": [],
        "created_at": 1769853600,
    }
    return body | changes


def refund(**changes: Any) -> dict[str, Any]:
    body = {"id": "rfnd_1", "entity": "refund", "amount": 1500, "currency": "INR", "payment_id": PAYMENT, "notes": []}
    return body | {"status": "processed"} | changes


def items(*rows: dict[str, Any]) -> Reply:
    return Reply(200, {"entity": "collection", "count": len(rows), "items": list(rows)})


def error(description: str, code: str = "BAD_REQUEST_ERROR", **fields: Any) -> dict[str, Any]:
    return {"error": {"code": code, "description": description, "source": "business", "reason": "NA", **fields}}


NO_SUCH_ID = Reply(400, error("The id provided does not exist", step="payment_initiation"))
