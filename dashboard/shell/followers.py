"""What keeps an open page current begins when the page is there, not before.

All events of a page's `on_load` are told to the server at once. Those that run in the background would begin at once, too,
read what the page reads, and hold up the one event that a person waits for.
"""

from typing import Any

_followers: dict[str, list[Any]] = {}
_forgetting: dict[str, Any] = {}


def apart(route: str, events: list[Any]) -> list[Any]:
    """The events that load a page; those of them that follow changes are kept for `of`, once the others have ended."""
    _followers[route] = [event for event in events if event.is_background]
    return [event for event in events if not event.is_background]


def forget(route: str, event: Any) -> None:
    """Have `event` sent on every other page: it takes away what nobody looks at any more.

    A page shows what its state has until it has read anew. Where that is much, it is drawn only to be drawn over.
    """
    _forgetting[route] = event


def of(route: str) -> list[Any]:
    """What follows changes on the page of this route, and what forgets the pages that were left for it."""
    if route not in _followers:
        return []
    left = [event for page, event in _forgetting.items() if page != route]
    return [*_followers[route], *left]
