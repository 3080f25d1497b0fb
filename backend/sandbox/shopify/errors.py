"""Shopify's errors: a status and `{"errors": …}`, errors being a sentence, a list, or lists by field."""

from typing import Any

from starlette.responses import JSONResponse


class ShopifyError(Exception):
    """A refusal to be answered with `status` and `{"errors": …}`."""

    def __init__(self, status: int, errors: Any) -> None:
        super().__init__(str(errors))
        self.status = status
        self.errors = errors

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse({"errors": self.errors}, self.status)


def not_found() -> ShopifyError:
    """404 for anything that does not exist."""
    return ShopifyError(404, "Not Found")


def unprocessable(sentence: str, field: str = "base") -> ShopifyError:
    """422 with one sentence about one field."""
    return ShopifyError(422, {field: [sentence]})


def broken(status: int) -> JSONResponse:
    """429, 500 or 503 as Shopify writes it."""
    sentences = {
        429: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
    }
    sentences |= {500: "Internal Server Error", 503: "Service Unavailable"}
    return JSONResponse({"errors": sentences[status]}, status)
