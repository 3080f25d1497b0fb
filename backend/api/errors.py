"""Every failure as problem+json (RFC 9457): a stable code for programs, a sentence for people, never a traceback."""

import logging
import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backend.domain.errors import HoldfastError, InvalidInput, TokenRefused, TooManyAttempts
from backend.domain.fixes import FieldsRefused

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


class MessageRefused(HoldfastError):
    """A webhook that is not authentic. The sender learns nothing else, whatever was wrong."""

    code = "signature_refused"

    def __init__(self) -> None:
        super().__init__("The message is not authentic.")


class Unreadable(HoldfastError):
    """An authentic webhook whose body is no acceptable JSON; it is kept for staff all the same."""

    code = "unreadable"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


class Unavailable(HoldfastError):
    code = "unavailable"

    def __init__(self) -> None:
        super().__init__("Holdfast cannot do this at the moment. Nothing is lost: send it again a little later.")


class NotReady(HoldfastError):
    code = "not_ready"


STATUS: dict[str, HTTPStatus] = {
    "not_found": HTTPStatus.NOT_FOUND,
    "order_not_found": HTTPStatus.NOT_FOUND,
    "not_signed_in": HTTPStatus.UNAUTHORIZED,
    "sign_in_refused": HTTPStatus.UNAUTHORIZED,
    "token_refused": HTTPStatus.UNAUTHORIZED,
    "signature_refused": HTTPStatus.UNAUTHORIZED,
    "too_many_attempts": HTTPStatus.TOO_MANY_REQUESTS,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "own_request": HTTPStatus.FORBIDDEN,
    "illegal_move": HTTPStatus.CONFLICT,
    "stale": HTTPStatus.CONFLICT,
    "preview_outdated": HTTPStatus.CONFLICT,
    "already_done": HTTPStatus.CONFLICT,
    "not_possible": HTTPStatus.CONFLICT,
    "too_many": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reason_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_input": HTTPStatus.UNPROCESSABLE_ENTITY,
    "search_too_wide": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unreadable": HTTPStatus.BAD_REQUEST,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "configuration": HTTPStatus.INTERNAL_SERVER_ERROR,
    "error": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The one place where a code becomes a status."""

_BY_STATUS = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method; the Allow header names those it takes."),
    408: ("too_slow", "The request took too long to arrive. Send it again."),
    413: ("too_large", "The body is too large; at most 256 KiB are taken."),
    415: ("unsupported_media_type", "Send JSON as `Content-Type: application/json`, without a content encoding."),
}


_WHERE_FROM = {
    "version": "GET /admin/orders/{number} and every preview tell it: the version of the order that you decided on.",
    "hold_id": "GET /admin/orders/{number}/holds lists the holds.",
    "hold_ids": "GET /admin/orders/{number}/holds lists the holds.",
}
"""Where a caller gets what is missing."""


def problem(
    request: Request, status: int, code: str, sentence: str, *, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem document. `more` are extension members, such as the single mistakes of an input."""
    body = {
        "type": f"urn:holdfast:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": sentence,
        "code": code,
        "instance": request.url.path,
        **more,
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """A bug: loud in the log under a reference, of which the caller gets nothing but the reference."""
    reference = secrets.token_hex(4)
    log.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    sentence = f"Something went wrong inside Holdfast. Reference {reference} is in its log."
    return problem(request, 500, "unexpected", sentence, reference=reference)


def install(app: FastAPI) -> None:
    app.add_exception_handler(HoldfastError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _expected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HoldfastError)
    status = STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    elif isinstance(error, TokenRefused):
        headers["WWW-Authenticate"] = 'Bearer realm="holdfast"'
    if isinstance(error, FieldsRefused):
        more["errors"] = [{"pointer": f"#/values/{name}", "sentence": said} for name, said in error.errors.items()]
    elif isinstance(error, InvalidInput | Unreadable):
        more["errors"] = [{"sentence": sentence} for sentence in error.problems]
    return problem(request, status, error.code, error.sentence, headers=headers, **more)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """What the models refuse; the input itself is not repeated, it may be personal."""
    assert isinstance(error, RequestValidationError)
    mistakes = [_mistake(item) for item in error.errors()]
    detail = " ".join(mistake["sentence"] for mistake in mistakes)
    return problem(request, 422, "invalid_input", detail, errors=mistakes)


def _mistake(item: dict[str, Any]) -> dict[str, str]:
    """One mistake with its place: a JSON pointer into the body, or the parameter's name."""
    where, *path = (str(part) for part in item["loc"])
    name = ".".join(path) or "body"
    if item["type"] == "missing":
        sentence = f"{name} is missing. {_WHERE_FROM.get(name, '')}".strip() if path else "The body is missing."
    elif item["type"] == "extra_forbidden":
        sentence = f"{name} is not known here."
    else:
        sentence = f"{name}: {item['msg']}."
    if where == "body":
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
        return {"pointer": f"#{pointer}", "sentence": sentence}
    return {"parameter": name, "sentence": sentence}


def _methods(request: Request) -> set[str]:
    """Every method that the address is described with; the router itself names those of its first route there only."""
    path, found = request.scope["path"], set[str]()
    for template, operations in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
            found |= {method.upper() for method in operations}
    return found


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, sentence = _BY_STATUS.get(error.status_code, ("refused", str(error.detail)))
    if error.status_code == 400 and error.detail:
        sentence = str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        named = {method.strip() for method in headers.get("Allow", "").split(",")}
        headers["Allow"] = ", ".join(sorted((named | _methods(request)) - {""}))
    return problem(request, error.status_code, code, sentence, headers=headers)
