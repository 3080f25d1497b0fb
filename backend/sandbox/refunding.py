"""How refunds go for the time being: at once, later, or not at all in the end. The same for every payment provider.

`at_once`: the money is back when the answer comes. `later`: the answer says pending, and it succeeds after a while.
`fails`: it seems to succeed and fails after a while. `by_hand`: pending until somebody says how it ends.
"""

from backend.sandbox.world import World

MODES = ("at_once", "later", "fails", "by_hand")
ENDS_AFTER_SECONDS = 10.0


def mode(world: World) -> str:
    """How the next refund goes."""
    return str((world.store.get("settings", "refunds") or {}).get("mode", MODES[0]))


def set_mode(world: World, wanted: str) -> None:
    """Choose how refunds go from now on; raises ValueError."""
    if wanted not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}.")
    world.store.put("settings", "refunds", {"mode": wanted})
