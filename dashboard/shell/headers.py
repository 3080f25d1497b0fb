"""Security and cache headers of every answer, and the content policy that allows no script but our own."""

import base64
import hashlib
import re
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_YEAR = b"public, max-age=31536000, immutable"


def script_hashes(bundle: Path) -> list[str]:
    """CSP sources for the inline scripts of the built pages, so that no other inline script runs."""
    found: set[str] = set()
    for page in bundle.rglob("*.html"):
        for script in _INLINE.findall(page.read_text(encoding="utf-8")):
            found.add(f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'")
    return sorted(found)


def content_policy(bundle: Path) -> str:
    """The Content-Security-Policy: nothing from elsewhere, no eval, no frame around us."""
    scripts = " ".join(["'self'", *script_hashes(bundle)])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


def security_headers(bundle: Path):
    """An ASGI wrapper that adds the headers; the bundle's inline scripts are hashed once, at the start."""
    always = [
        (b"content-security-policy", content_policy(bundle).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]

    def wrap(app: ASGIApp) -> ASGIApp:
        async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _add(message, [*always, (b"cache-control", _cache(scope["path"], message["status"]))])
                await send(message)

            await app(scope, receive, sending)

        return with_headers

    return wrap


_OURS = ("/desk.js", "/first.js", "/keys.js", "/tabs.js", "/favicon.svg")


def _cache(path: str, status: int) -> bytes:
    """File names under /assets carry a hash of their content; pages and everything else are asked for anew."""
    if status == 200 and path.startswith(("/assets/", "/fonts/")):
        return _YEAR
    return b"no-cache" if path.startswith("/css/") or path in _OURS else b"no-store"


def _add(message: Message, headers: list[tuple[bytes, bytes]]) -> None:
    """Add what the answer does not say itself."""
    present = {name.lower() for name, _ in message.get("headers", [])}
    message["headers"] = [
        *message.get("headers", []),
        *((name, value) for name, value in headers if name not in present),
    ]
