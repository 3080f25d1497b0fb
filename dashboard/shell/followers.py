"""What keeps an open page current begins when the page is there, not before.

All events of a page's `on_load` are told to the server at once. Those that run in the background would begin at once, too,
read what the page reads, and hold up the one event that a person waits for.
"""

from typing import Any

_followers: dict[str, list[Any]] = {}


def apart(route: str, events: list[Any]) -> list[Any]:
    """The events that load a page; those of them that follow changes are kept for `of`, once the others have ended."""
    _followers[route] = [event for event in events if event.is_background]
    return [event for event in events if not event.is_background]


def of(route: str) -> list[Any]:
    """What follows changes on the page of this route."""
    return list(_followers.get(route, ()))
