"""Makes the built bundle independent of host, port and TLS: it talks to whatever address served it.

Reflex writes the backend's address into one small chunk of the bundle. The address is known only where the bundle
runs, so after the build that chunk is rewritten to ask the browser for it.
"""

import re
from pathlib import Path
from typing import Any

from reflex_base.plugins.base import Plugin

_ADDRESS = re.compile(r"`(?P<scheme>ws|http)s?://[^/`]+(?P<path>/[^`]*)`")
_ORIGIN = {"ws": "`${location.origin.replace(/^http/,'ws')}", "http": "`${location.origin}"}


def same_origin(source: str) -> tuple[str, int]:
    """The chunk with every absolute address made relative to the page's origin, and how many there were."""
    return _ADDRESS.subn(lambda found: _ORIGIN[found["scheme"]] + found["path"] + "`", source)


class SameOriginPlugin(Plugin):
    """Rewrites the bundle's address chunk; fails the build when the chunk no longer looks as expected."""

    def post_build(self, **context: Any) -> None:
        chunks = list((Path(context["static_dir"]) / "assets").glob("reflex-env-*.js"))
        if len(chunks) != 1:
            raise RuntimeError(f"Expected one chunk with the backend's address, found {len(chunks)}.")
        text, found = same_origin(chunks[0].read_text(encoding="utf-8"))
        if found < 2:
            raise RuntimeError("The chunk with the backend's address has changed its shape.")
        chunks[0].write_text(text, encoding="utf-8")
