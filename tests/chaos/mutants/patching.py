"""Putting something else in a function's place, and only where there is such a function: a mutant must not miss."""

from typing import Any


def put_in_place_of(owner: Any, name: str, other: Any) -> None:
    """Raises where the product no longer has what is to be replaced; the process then does not start."""
    if not hasattr(owner, name):
        raise LookupError(f"{owner} has no {name}: this mutant takes nothing out any more")
    setattr(owner, name, other)
