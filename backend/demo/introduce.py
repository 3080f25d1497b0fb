"""Makes the demo's unfinished orders known to the sandbox, so that a retry finds them in the shop that placed them.

Only a sandbox on this machine is ever told: its control address is asked first whether it is one. Where there is none,
nothing is lost but that the shop does not know these orders.
"""

import ipaddress
import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import text
from sqlmodel import Session

from backend import clock
from backend.domain.payments import PaymentStatus
from backend.settings import Settings
from backend.store import db
from backend.store.personal import Sealed, keyring

MOST = 2_000
"""The youngest orders are introduced first; a backlog beyond this is too much for a sandbox."""
_PATIENCE = 8.0


def to_sandbox(config: Settings) -> int:
    """Introduce every unfinished order that the sandbox does not know; returns how many those were."""
    control = control_address(config.shopify_api_base)
    if control is None:
        return 0
    bodies = db.in_unit_of_work(_unfinished)
    with httpx.Client(base_url=control, timeout=_PATIENCE, trust_env=False) as client:
        if not bodies or not _answers(client):
            return 0
        known = {str(order["id"]) for order in client.get("/shop/orders").json()["orders"]}
        strangers = [body for body in bodies if str(body["id"]) not in known]
        return sum(client.put("/shop/orders", json=body).is_success for body in strangers)


_UNFINISHED = text(
    """
    select inbox.id, inbox.body, orders.payment_status from orders join inbox on inbox.order_id = orders.id
    where orders.channel = 'shopify' and orders.status in ('pending', 'confirmed', 'processing', 'shipped')
      and inbox.area = 'channels' and inbox.verdict = 'accepted' and inbox.topic = 'orders/create'
    order by orders.placed_at desc limit :most
    """
)


def _unfinished(session: Session) -> list[dict[str, Any]]:
    """The shop's own bodies of orders that are on their way, with the payment as it stands now; the oldest first."""
    rows = session.execute(_UNFINISHED, {"most": MOST}).all()
    found = []
    for row_id, blob, payment_status in reversed(rows):
        body = json.loads(keyring().open_bytes("inbox", "body", row_id, Sealed(bytes(blob))))
        if payment_status == PaymentStatus.PAID and body["financial_status"] == "authorized":
            body |= {"financial_status": "paid", "total_outstanding": "0.00"}
        found.append(body)
    return found


def control_address(shopify_api_base: str) -> str | None:
    """The sandbox's control address, when the shop's address is that of a sandbox on this machine."""
    parts = urlsplit(shopify_api_base)
    if parts.scheme != "http" or not _is_loopback(parts.hostname or "") or parts.path.rstrip("/") != "/shopify":
        return None
    return f"http://{parts.netloc}/control"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _answers(client: httpx.Client) -> bool:
    """Whether the sandbox is there; one that is just being started gets a moment."""
    deadline = clock.monotonic() + _PATIENCE
    while clock.monotonic() < deadline:
        try:
            if client.get("/health").json() == {"status": "ok"}:
                return True
        except (httpx.TransportError, ValueError):
            time.sleep(0.1)
    return False
