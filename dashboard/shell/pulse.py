"""The numbers that every page shows: read once per change and web process, shared by all open tabs."""

from backend.domain.desk import Pulse
from backend.services.pulse import pulse
from dashboard.shell.calls import ask
from dashboard.shell.shared import Reading, Shared

PAUSE_SECONDS = 0.7
"""Between two readings while everything changes: it counts a dozen things, and nobody acts on them by the second."""


async def _pulse(_: None) -> Pulse:
    return await ask(pulse)


pulses: Shared[None, Pulse] = Shared(_pulse, pause=PAUSE_SECONDS)
"""Every role may see it, so one person's answer serves all."""


async def current_pulse() -> Pulse:
    """The pulse as of the latest change."""
    return (await pulses.current(None)).value


async def recent_pulse() -> Reading[Pulse]:
    """The pulse for a page that opens: as it was a moment ago where it is known, for the page follows it anyway."""
    return await pulses.recent(None, PAUSE_SECONDS)
