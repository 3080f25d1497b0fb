"""EasyPost's errors: `{"error": {code, message, errors: [{field, message}]}}`; some of its parts list plain texts."""

from typing import Any

from starlette.responses import JSONResponse


class EasyPostError(Exception):
    """A refusal to be answered with `status`."""

    def __init__(self, status: int, code: str, message: str, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "errors": errors or []}

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse({"error": self.body}, self.status)


def not_found() -> EasyPostError:
    """404 for anything that does not exist."""
    return EasyPostError(404, "NOT_FOUND", "The requested resource could not be found.")


def missing(field: str, message: str = "cannot be blank") -> EasyPostError:
    """422 for a required field that is missing or wrong."""
    code, text = ("PARAMETER.REQUIRED", "Missing required parameter.")
    if message != "cannot be blank":
        code, text = ("PARAMETER.INVALID", "Wrong parameter.")
    return EasyPostError(422, code, text, [{"field": field, "message": message}])


def refused(refusal: str) -> EasyPostError:
    """422 as a carrier refuses to sell a label, for each refusal that can be played."""
    words = {
        "refuse": "The carrier does not accept this shipment for the selected service.",
        "insufficient_funds": "Insufficient funds: add funds to your account to buy this label.",
        "out_of_stock": "The fulfilment centre reports that an item is out of stock.",
        "bad_address": "The carrier cannot deliver to the destination address.",
    }
    return EasyPostError(422, "SHIPMENT.POSTAGE.FAILURE", words[refusal])


def broken(status: int) -> JSONResponse:
    """429, 500 or 503 as EasyPost writes it."""
    code, message = {
        429: ("RATE_LIMITED", "You have exceeded the rate limit."),
        500: ("INTERNAL_SERVER_ERROR", "We encountered an error processing your request."),
        503: ("SERVICE_UNAVAILABLE", "The service is not available at the moment."),
    }[status]
    return EasyPostError(status, code, message).response()
