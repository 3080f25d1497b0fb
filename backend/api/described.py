"""How the API describes itself: the problems that a route may answer with, and the parts that routes share."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from backend.api.errors import MEDIA_TYPE

DESCRIPTION = """Webhooks in, orders for programs, health and metrics of Holdfast.

Webhooks are authenticated by their sender's signature over the raw body. Everything under `/admin` needs an API token
with a role. Failures are `application/problem+json` (RFC 9457) with a stable `code` and a sentence. Amounts are whole
numbers of the currency's smallest unit, times are ISO 8601 in UTC."""

_MEANINGS = {
    400: ("The body is no acceptable JSON.", "bad_request"),
    401: ("No valid token, or a signature that does not fit.", "token_refused"),
    403: ("The token's role may not do this.", "not_allowed"),
    404: ("There is no such thing.", "order_not_found"),
    405: ("The address does not take this method.", "method_not_allowed"),
    408: ("The body took too long to arrive.", "too_slow"),
    409: ("It does not fit the state of things: the order has changed, or it was done already.", "preview_outdated"),
    413: ("The body is larger than 256 KiB.", "too_large"),
    415: ("The body is not sent as plain JSON.", "unsupported_media_type"),
    422: ("A value is missing or not acceptable; `errors` says which.", "invalid_input"),
    503: ("Not at the moment; send it again after `Retry-After` seconds.", "unavailable"),
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request failed (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "description": "`urn:holdfast:problem:` and the code."},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people: what is wrong and what to do."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "instance": {"type": "string", "description": "The address that was asked."},
        "reference": {"type": "string", "description": "Of an unexpected failure; its story is in the log."},
        "errors": {
            "type": "array",
            "description": "The single mistakes of an input, each with its place.",
            "items": {
                "type": "object",
                "required": ["sentence"],
                "properties": {
                    "sentence": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "parameter": {"type": "string", "description": "Name of the parameter."},
                },
            },
        },
        "checks": {
            "type": "array",
            "description": "What readiness looked at.",
            "items": {"$ref": "#/components/schemas/Check"},
        },
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may fail in these ways."""
    return {status: _problem(status, *_MEANINGS[status]) for status in statuses}


def _problem(status: int, meaning: str, code: str) -> dict[str, Any]:
    example = {
        "type": f"urn:holdfast:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": meaning,
        "code": code,
        "instance": "/admin/orders/ORD-20260131-00001",
    }
    described: dict[str, Any] = {
        "description": meaning,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status == 503:
        described["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return described


def install(app: FastAPI) -> None:
    """Have the app describe itself, with the problem document among the shared parts; made once, when first asked."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
