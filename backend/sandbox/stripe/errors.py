"""Stripe's errors: `{"error": {type, code?, decline_code?, message, param?, …}}` with their HTTP status."""

from typing import Any

from starlette.responses import JSONResponse

DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """A refusal to be answered with `status` and an error body. `kept` errors are replayed for the same key."""

    def __init__(self, status: int, kind: str, message: str, *, kept: bool = True, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.body: dict[str, Any] = {"type": kind, "message": message, **fields}
        if code := fields.get("code"):
            self.body["doc_url"] = DOCS + str(code).replace("_", "-")

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse({"error": self.body}, self.status)


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    """400 for parameters that fail validation: nothing ran, so nothing is kept for the idempotency key."""
    fields = {name: value for name, value in (("param", param), ("code", code)) if value}
    return StripeError(400, "invalid_request_error", message, kept=False, **fields)


def no_such(kind: str, object_id: str, *, param: str = "intent") -> StripeError:
    """404 for an object that does not exist."""
    message = f"No such {kind}: '{object_id}'"
    return StripeError(404, "invalid_request_error", message, kept=False, code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeError:
    """400 for an action that the intent's status does not allow."""
    return StripeError(
        400, "invalid_request_error", message, code="payment_intent_unexpected_state", payment_intent=intent
    )


def broken(status: int) -> JSONResponse:
    """429, 500 or 503 as Stripe writes it."""
    if status == 429:
        message = "Too many requests in a period of time."
        return JSONResponse({"error": {"type": "rate_limit_error", "code": "rate_limit", "message": message}}, status)
    message = "An unknown error occurred while the request was being processed."
    return JSONResponse({"error": {"type": "api_error", "message": message}}, status)
