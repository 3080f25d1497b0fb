"""Checking that an inbound message is authentic: always over the raw bytes, always in constant time."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

from backend.ports.calls import InboundMessage, SignatureRefused

TOLERANCE_SECONDS = 300

_HEX = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,11}")


def check_timed(message: InboundMessage, header: str, secrets: Sequence[str]) -> None:
    """`t=<unix>,v1=<hex>[,v1=…]` with v1 = HMAC-SHA256 of `<t>.<raw body>`; any of the secrets may have signed."""
    moment, offered = _timed_parts(message.headers.get(header))
    if abs(message.received - int(moment)) > TOLERANCE_SECONDS:
        raise SignatureRefused(f"the time in {header} is more than {TOLERANCE_SECONDS} seconds off")
    signed = moment.encode("ascii") + b"." + message.body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in _usable(secrets)]
    if not any([hmac.compare_digest(one, other) for one in expected for other in offered]):
        raise SignatureRefused(f"no signature in {header} fits the body")


def check_base64(message: InboundMessage, header: str, secrets: Sequence[str]) -> None:
    """Base64 of HMAC-SHA256 over the raw body; any of the secrets may have signed."""
    value = message.headers.get(header)
    if not value or not value.isascii():
        raise SignatureRefused(f"{header} is missing or not ASCII")
    try:
        offered = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRefused(f"{header} is not base64") from None
    expected = [hmac.new(secret.encode(), message.body, hashlib.sha256).digest() for secret in _usable(secrets)]
    if not any([hmac.compare_digest(one, offered) for one in expected]):
        raise SignatureRefused(f"{header} does not fit the body")


def check_hex(message: InboundMessage, header: str, secrets: Sequence[str], *, prefix: str = "") -> None:
    """`<prefix><hex>` of HMAC-SHA256 over the raw body, without a time; any of the secrets may have signed."""
    value = message.headers.get(header, "")
    offered = value[len(prefix) :]
    if not value.startswith(prefix) or not _HEX.fullmatch(offered):
        raise SignatureRefused(f"{header} is missing or is not {prefix}<64 hex digits>")
    expected = [hmac.new(secret.encode(), message.body, hashlib.sha256).hexdigest() for secret in _usable(secrets)]
    if not any([hmac.compare_digest(one, offered) for one in expected]):
        raise SignatureRefused(f"{header} does not fit the body")


def _timed_parts(value: str | None) -> tuple[str, list[str]]:
    if not value or len(value) > 2000:
        raise SignatureRefused("the signature header is missing or too long")
    moments: list[str] = []
    offered: list[str] = []
    for part in value.split(","):
        name, _, content = part.strip().partition("=")
        if name == "t":
            moments.append(content)
        elif name == "v1" and _HEX.fullmatch(content):
            offered.append(content)
    if len(moments) != 1 or not _DIGITS.fullmatch(moments[0]):
        raise SignatureRefused("the signature header must carry exactly one time, in seconds")
    if not offered:
        raise SignatureRefused("the signature header carries no signature of scheme v1")
    return moments[0], offered


def _usable(secrets: Sequence[str]) -> list[str]:
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise SignatureRefused("no secret is set, so nothing can be authentic")
    return usable
