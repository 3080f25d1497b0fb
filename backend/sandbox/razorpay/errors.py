"""Razorpay's errors: `{"error": {code, description, source, step, reason, metadata, field?}}`, nearly always with 400."""

from typing import Any

from starlette.responses import JSONResponse


class RazorpayError(Exception):
    """A refusal to be answered with `status`."""

    def __init__(self, description: str, *, status: int = 400, code: str = "BAD_REQUEST_ERROR", **fields: Any) -> None:
        super().__init__(description)
        self.status = status
        known = {
            "source": "business",
            "step": "payment_initiation",
            "reason": "input_validation_failed",
            "metadata": {},
        }
        self.body: dict[str, Any] = {"code": code, "description": description, **known, **fields}

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse({"error": self.body}, self.status)


def no_such_id() -> RazorpayError:
    """An id that does not exist is a mistake like any other: 400."""
    return RazorpayError("The id provided does not exist")


def broken(status: int) -> JSONResponse:
    """429, 500 or 503 as Razorpay writes it."""
    if status == 429:
        return RazorpayError("Too many requests. Please try after some time.", status=429).response()
    nothing = {"source": "NA", "step": "NA", "reason": "NA"}
    description = "We are facing some trouble completing your request at the moment. Please try again shortly."
    return RazorpayError(description, status=status, code="SERVER_ERROR", **nothing).response()
