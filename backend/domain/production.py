"""What tells a real shop from practice: live keys, and addresses that are not on this machine."""

import ipaddress
from urllib.parse import parse_qs, urlsplit

LIVE_KEYS = {
    "stripe": ("sk_live_", "rk_live_"),
    "razorpay": ("rzp_live_",),
    "easypost": ("EZAK",),
}
"""How keys begin with which real money is moved; other providers' keys do not tell."""


def is_live_key(provider: str, key: str) -> bool:
    return key.startswith(LIVE_KEYS.get(provider, ("\0",)))


def is_here(host: str) -> bool:
    """Whether a host name or address means this machine, and nobody else can be meant."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def database_is_here(url: str) -> bool:
    """Whether a PostgreSQL address means a server on this machine, by a socket or by a loopback address."""
    try:
        parts = urlsplit(url)
        named = [host for value in parse_qs(parts.query).get("host", []) for host in value.split(",")]
        hosts = [*named, *([parts.hostname] if parts.hostname else [])]
    except ValueError:
        return False
    return all(host.startswith("/") or is_here(host) for host in hosts)


def points_here(url: str) -> bool:
    """Whether an address (`http://…`, `smtp://…`) leads to this machine."""
    try:
        return is_here(urlsplit(url).hostname or "")
    except ValueError:
        return False
