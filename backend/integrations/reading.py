"""Reading a provider's JSON without trusting its shape: a missing or odd field gives an empty value, not a crash."""

from typing import Any


def text(source: Any, *path: str) -> str:
    """The text (or whole number, as text) at a path of keys; empty when there is none."""
    value = at(source, *path)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def whole(source: Any, *path: str) -> int | None:
    """The whole number at a path of keys; None when there is none."""
    value = at(source, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def objects(source: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at a path of keys; anything else in it is left out."""
    value = at(source, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def at(source: Any, *path: str) -> Any:
    for key in path:
        source = source.get(key) if isinstance(source, dict) else None
    return source
