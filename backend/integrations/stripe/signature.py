"""Stripe's webhook signature: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]` over `<t>.<raw body>`."""

from collections.abc import Sequence

from backend.integrations.signatures import check_timed
from backend.ports.calls import InboundMessage

HEADER = "stripe-signature"


def check(message: InboundMessage, secrets: Sequence[str]) -> None:
    """Raise `SignatureRefused` unless one of the endpoint's secrets signed this body within the last five minutes."""
    check_timed(message, HEADER, secrets)
