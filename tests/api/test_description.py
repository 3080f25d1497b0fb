"""The API's description of itself: every address, how one gets in, and how it fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.api.app import create_api
from tests.api.client import Client

ADDRESSES = {
    "/admin/approvals": ["get"],
    "/admin/approvals/{approval_id}": ["get"],
    "/admin/approvals/{approval_id}/approve": ["post"],
    "/admin/approvals/{approval_id}/decline": ["post"],
    "/admin/approvals/{approval_id}/withdraw": ["post"],
    "/admin/bulk": ["get", "post"],
    "/admin/bulk/{run_id}": ["get"],
    "/admin/bulk/{run_id}/pause": ["post"],
    "/admin/bulk/{run_id}/results.csv": ["get"],
    "/admin/bulk/{run_id}/resume": ["post"],
    "/admin/bulk/{run_id}/start": ["post"],
    "/admin/bulk/{run_id}/stop": ["post"],
    "/admin/colleagues": ["get"],
    "/admin/documents/{document_id}.pdf": ["get"],
    "/admin/held": ["get"],
    "/admin/held.{form}": ["get"],
    "/admin/incidents": ["get"],
    "/admin/orders": ["get"],
    "/admin/orders.{form}": ["get"],
    "/admin/orders/{number}": ["get"],
    "/admin/orders/{number}/approvals": ["get"],
    "/admin/orders/{number}/ask": ["post"],
    "/admin/orders/{number}/ask/preview": ["get"],
    "/admin/orders/{number}/assign": ["post"],
    "/admin/orders/{number}/cancel": ["post"],
    "/admin/orders/{number}/cancel/preview": ["get"],
    "/admin/orders/{number}/attempts/{attempt_id}/reveal": ["post"],
    "/admin/orders/{number}/claim": ["post"],
    "/admin/orders/{number}/desk": ["get"],
    "/admin/orders/{number}/fix": ["get", "post"],
    "/admin/orders/{number}/fix/preview": ["post"],
    "/admin/orders/{number}/hold": ["post"],
    "/admin/orders/{number}/holds": ["get"],
    "/admin/orders/{number}/notes": ["post"],
    "/admin/orders/{number}/notes/{note_id}": ["put"],
    "/admin/orders/{number}/refund": ["post"],
    "/admin/orders/{number}/refund/preview": ["get"],
    "/admin/orders/{number}/release": ["post"],
    "/admin/orders/{number}/release/preview": ["get"],
    "/admin/orders/{number}/retry": ["post"],
    "/admin/orders/{number}/retry/preview": ["get"],
    "/admin/orders/{number}/snooze": ["post"],
    "/admin/orders/{number}/steps/{step_id}/retry": ["post"],
    "/admin/orders/{number}/steps/{step_id}/retry/preview": ["get"],
    "/admin/orders/{number}/timeline": ["get"],
    "/admin/orders/{number}/turn": ["post"],
    "/admin/orders/{number}/unassign": ["post"],
    "/admin/orders/{number}/unsnooze": ["post"],
    "/admin/quarantine": ["get", "post"],
    "/admin/quarantine/{message_id}": ["get"],
    "/admin/quarantine/{message_id}/check": ["post"],
    "/admin/quarantine/{message_id}/discard": ["post"],
    "/admin/quarantine/{message_id}/replay": ["post"],
    "/admin/quarantine/{message_id}/restore": ["post"],
    "/admin/sending": ["get"],
    "/admin/sending/go": ["post"],
    "/admin/sending/go/preview": ["get"],
    "/admin/sessions": ["get"],
    "/admin/sessions/{session_id}/end": ["post"],
    "/health/live": ["get"],
    "/health/ready": ["get"],
    "/metrics": ["get"],
    "/webhooks/channels/generic/order.v1.schema.json": ["get"],
    "/webhooks/channels/{channel}": ["post"],
    "/webhooks/payments/{provider}": ["post"],
    "/webhooks/shipping/{provider}": ["post"],
}


@pytest.fixture
def description() -> Iterator[dict[str, Any]]:
    api = create_api()
    answer = Client(api).get("/openapi.json")
    assert answer.status_code == 200
    yield answer.json()
    api.state.threads.close()


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, operation) for path, methods in description["paths"].items() for operation in methods.values()]


def test_every_address_is_described(description: dict[str, Any]) -> None:
    assert {path: sorted(methods) for path, methods in sorted(description["paths"].items())} == ADDRESSES


def test_every_operation_says_what_it_does_under_a_name_of_its_own(description: dict[str, Any]) -> None:
    found = operations(description)

    assert [path for path, operation in found if not operation.get("summary")] == []
    assert len({operation["operationId"] for _, operation in found}) == len(found)


def test_every_failure_is_described_as_a_problem(description: dict[str, Any]) -> None:
    failures = [
        (path, status, sorted(answer["content"]))
        for path, operation in operations(description)
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    ]

    assert [failure for failure in failures if failure[2] != ["application/problem+json"]] == []
    assert "HTTPValidationError" not in description["components"]["schemas"]
    assert "Problem" in description["components"]["schemas"]


def test_orders_need_a_token_and_webhooks_do_not(description: dict[str, Any]) -> None:
    open_to_all = {path for path, operation in operations(description) if not operation.get("security")}

    assert open_to_all == {path for path in ADDRESSES if path.startswith(("/webhooks", "/health"))}
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_there_is_no_page_to_try_things_out(description: dict[str, Any]) -> None:
    api = create_api()

    assert [Client(api).get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]
