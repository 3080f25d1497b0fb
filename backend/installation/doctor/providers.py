"""Checks of what lies outside: providers, mail server, Redis. Nothing is asked of them but whether they are there."""

import socket
from urllib.parse import urlsplit

import httpx
import redis

from backend.installation.doctor.finding import Finding, note, ok, problem
from backend.settings import Settings

PROVIDERS = {
    "stripe": "Stripe (payments)",
    "invoiceninja": "Invoice Ninja (invoices)",
    "shipengine": "ShipEngine (labels)",
    "shopify": "Shopify (shop)",
}
_SMTP_PORTS = {"smtp": 25, "smtps": 465}
_TIMEOUT = 5.0


def check_outside(settings: Settings) -> list[Finding]:
    """One finding for each provider, the mail server, and Redis when it is used."""
    findings = [check_provider(settings, name) for name in PROVIDERS]
    findings.append(check_mail(settings.smtp_url.get_secret_value()))
    if url := settings.redis_url.get_secret_value():
        findings.append(check_redis(url))
    return findings


def check_provider(settings: Settings, name: str) -> Finding:
    shown, prefix = PROVIDERS[name], f"HOLDFAST_{name.upper()}"
    if not getattr(settings, f"{name}_api_key").get_secret_value():
        return note(name, f"{shown} is off.", f"Set {prefix}_API_KEY to switch it on.")
    base = str(getattr(settings, f"{name}_api_base"))
    if not base:
        return problem(name, f"{shown} has a key but no address.", f"Set {prefix}_API_BASE.")
    try:
        httpx.get(base, timeout=_TIMEOUT, follow_redirects=False)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        return problem(
            name, f"{shown} at {base} cannot be reached: {error}.", f"Check {prefix}_API_BASE and the network."
        )
    return ok(name, f"{shown} answers at {base}.")


def check_mail(url: str) -> Finding:
    if not url:
        return note("mail", "No mail server is set, so no mails are sent.", "Set HOLDFAST_SMTP_URL.")
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or _SMTP_PORTS.get(parts.scheme, 25))
    try:
        with socket.create_connection(place, timeout=_TIMEOUT):
            return ok("mail", f"The mail server answers at {place[0]}:{place[1]}.")
    except OSError as error:
        says = f"The mail server at {place[0]}:{place[1]} cannot be reached: {error.strerror or error}."
        return problem("mail", says, "Check HOLDFAST_SMTP_URL and the network.")


def check_redis(url: str) -> Finding:
    try:
        with redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        return problem("redis", f"Redis cannot be used: {error}.", "Start it, or correct HOLDFAST_REDIS_URL.")
    return ok("redis", "Redis answers.")
