"""ShipEngine's errors: `{request_id, errors: [{error_source, error_type, error_code, message, field_name?, …}]}`."""

from typing import Any

from starlette.responses import JSONResponse


class ShipEngineError(Exception):
    """A refusal to be answered with `status`."""

    def __init__(self, status: int, source: str, kind: str, code: str, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"error_source": source, "error_type": kind, "error_code": code, "message": message, **fields}

    def response(self, request_id: str) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse({"request_id": request_id, "errors": [self.error]}, self.status)


def missing(field: str) -> ShipEngineError:
    """400 for a required field that is missing or empty."""
    message = f"'{field}' should not be empty."
    return ShipEngineError(400, "shipengine", "validation", "field_value_required", message, field_name=field)


def wrong(field: str, message: str) -> ShipEngineError:
    """400 for a field with a value that is not allowed."""
    return ShipEngineError(400, "shipengine", "validation", "invalid_field_value", message, field_name=field)


def not_found(message: str) -> ShipEngineError:
    """404 for anything that does not exist."""
    return ShipEngineError(404, "shipengine", "business_rules", "invalid_identifier", message)


def refused(refusal: str, carrier_code: str) -> ShipEngineError:
    """400 as a carrier refuses a label, for each refusal that can be played."""
    kind, code, message = {
        "refuse": (
            "business_rules",
            "unspecified",
            "The carrier does not accept this shipment for the selected service.",
        ),
        "insufficient_funds": (
            "account_status",
            "insufficient_funds",
            "The carrier account has insufficient funds to buy this label.",
        ),
        "out_of_stock": (
            "business_rules",
            "unspecified",
            "The fulfilment centre reports that an item is out of stock.",
        ),
        "bad_address": ("validation", "invalid_address", "The carrier cannot deliver to the recipient's address."),
    }[refusal]
    source = "order_source" if refusal == "out_of_stock" else "carrier"
    return ShipEngineError(400, source, kind, code, message, carrier_code=carrier_code)


def broken(request_id: str, status: int) -> JSONResponse:
    """429, 500 or 503 as ShipEngine writes it."""
    code, message = {
        429: ("rate_limit_exceeded", "You have exceeded the rate limit."),
        500: ("unspecified", "An error occurred on ShipEngine's side."),
        503: ("unspecified", "ShipEngine is not available at the moment."),
    }[status]
    return ShipEngineError(status, "shipengine", "system", code, message).response(request_id)
