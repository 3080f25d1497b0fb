"""Shopify's Admin REST API: addresses of its resources and its error bodies."""

from typing import Any

import httpx

from backend.integrations.http import Answer, ProviderClient, credentials_refused, segment
from backend.ports.calls import ProviderError, Rejected

PROVIDER = "shopify"
API_VERSION = "2025-01"


def client(api_base: str, access_token: str, transport: httpx.BaseTransport | None) -> ProviderClient:
    return ProviderClient(
        PROVIDER,
        api_base,
        headers={"X-Shopify-Access-Token": access_token},
        read_error=read_error,
        secrets=[access_token],
        max_connections=4,
        transport=transport,
    )


class Paths:
    """Resource addresses under one API version."""

    def __init__(self, api_version: str) -> None:
        self._root = f"/admin/api/{api_version}"

    def order(self, order_id: str, resource: str) -> str:
        return f"{self._root}/orders/{segment(order_id)}/{resource}.json"

    def top(self, resource: str) -> str:
        return f"{self._root}/{resource}.json"


def read_error(answer: Answer) -> ProviderError | None:
    """Refusals come as `{"errors": text}` or as `{"errors": {field: [texts]}}`."""
    if answer.status in (401, 403):
        return credentials_refused(PROVIDER, answer.status)
    reasons = list(_texts(answer.json))
    if not reasons:
        return None
    return Rejected(PROVIDER, f"Shopify refused the request: {'; '.join(reasons)}", status=answer.status)


def _texts(body: Any) -> list[str]:
    errors = body.get("errors", body.get("error")) if isinstance(body, dict) else None
    if isinstance(errors, str):
        return [errors]
    if isinstance(errors, list):
        return [str(error) for error in errors]
    if not isinstance(errors, dict):
        return []
    found = []
    for field, texts in errors.items():
        named = "" if field == "base" else f"{field} "
        found += [f"{named}{line}" for line in (texts if isinstance(texts, list) else [texts])]
    return found
