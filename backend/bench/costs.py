"""Where profiled workers spent their CPU time, in our own words: the dearest functions with file and line."""

import pstats
from collections.abc import Sequence
from pathlib import Path

from backend.installation.product import ROOT

Cost = tuple[str, float, float, int]
"""Function with file and line, own CPU milliseconds, those with everything it calls, number of calls."""


def dearest(profiles: Sequence[Path], *, ours: bool, count: int = 25) -> list[Cost]:
    """The functions that cost most: `ours` by all they call, any by what they cost themselves."""
    merged = pstats.Stats()
    for path in profiles:
        merged.add(str(path))
    found = []
    for (file, line, name), (_, calls, own, total, _) in merged.stats.items():  # type: ignore[attr-defined]
        place = Path(file)
        inside = place.is_relative_to(ROOT) and ".venv" not in place.parts
        if ours and not inside:
            continue
        where = str(place.relative_to(ROOT)) if inside else "/".join(place.parts[-3:])
        found.append((f"{where}:{line} {name}", own * 1000, total * 1000, calls))
    found.sort(key=lambda cost: cost[2] if ours else cost[1], reverse=True)
    return found[:count]
