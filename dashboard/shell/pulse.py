"""The numbers that every page shows: read once per change and web process, shared by all open tabs."""

import asyncio

from backend.clock import monotonic
from backend.domain.desk import Pulse
from backend.services.pulse import pulse
from dashboard.shell.calls import ask
from dashboard.shell.live import REFRESH_SECONDS, hub

_lock = asyncio.Lock()
_known: tuple[int, float, Pulse] | None = None


async def current_pulse() -> Pulse:
    """The pulse as of the latest change. Every role may see it, so one person's answer serves all."""
    global _known
    async with _lock:
        serial = hub.serial
        if _known is None or _known[0] != serial or monotonic() - _known[1] > REFRESH_SECONDS / 2:
            _known = (serial, monotonic(), await ask(pulse))
        return _known[2]
