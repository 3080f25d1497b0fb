"""Invoice Ninja's errors: `{"message": …, "errors": {field: [sentence]}}` with 401, 403, 404 or 422."""

from starlette.responses import JSONResponse


class NinjaError(Exception):
    """A refusal to be answered with `status`."""

    def __init__(self, status: int, message: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        body: dict[str, object] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return JSONResponse(body, self.status)


def invalid(field: str, sentence: str) -> NinjaError:
    """422 with one sentence about one field."""
    return NinjaError(422, "The given data was invalid.", {field: [sentence]})


def broken(status: int) -> JSONResponse:
    """429, 500 or 503 as the application writes it."""
    messages = {429: "Rate limit exceeded.", 500: "Server Error", 503: "Service Unavailable"}
    return JSONResponse({"message": messages[status]}, status)
