"""What follows an action on an order: it is read anew, and whichever page shows it beside a list may move on."""

from collections.abc import Callable
from typing import Any

from reflex.event import EventSpec

from dashboard.pages.order.state import OrderState

_followers: list[Callable[[str, str], EventSpec]] = []


def follow_up(event: Callable[[str, str], EventSpec]) -> None:
    """Have `event(number, action)` sent after every action that was carried out."""
    _followers.append(event)


def events(number: str, action: str) -> list[Any]:
    """What to send when `action` was carried out on an order."""
    return [OrderState.refresh, *(event(number, action) for event in _followers)]
