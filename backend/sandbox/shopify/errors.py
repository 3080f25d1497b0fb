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


def server_error() -> JSONResponse:
    """500 as Shopify writes it."""
    return JSONResponse({"errors": "Internal Server Error"}, 500)
