"""Whose tab this is."""

import reflex as rx


class TabState(rx.State):
    """The person a tab belongs to. The tab's key outlives a sign-out, so its contents must not outlive the person."""

    signed_out: bool = False
    barred: list[str] = []
    """The areas that the person's role may not even look at."""
    person_name: str = ""
    person_role: str = ""
    _owner: int = 0
