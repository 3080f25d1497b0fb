"""Whose tab this is."""

import reflex as rx


class TabState(rx.State):
    """The person a tab belongs to. The tab's key outlives a sign-out, so its contents must not outlive the person."""

    signed_out: bool = False
    person_name: str = ""
    person_role: str = ""
    _owner: int = 0
