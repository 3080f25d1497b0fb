"""One thing a person was told about an order, as the bell and the page of all notices show it."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.teamwork import DeskNotice, NoticeKind
from dashboard.components.times import age, full
from dashboard.components.words import count

MINE = "/orders?q=is%3Amine"
"""Where somebody finds all the orders that a bulk run gave to them."""


@dataclass
class Told:
    """One notice, ready to be shown."""

    id: int = 0
    kind: str = ""
    number: str = ""
    href: str = ""
    text: str = ""
    who: str = ""
    ago: str = ""
    at: str = ""
    unread: bool = False
    more: str = ""
    """Of a bulk run: how many other orders it is about."""


def told(notice: DeskNotice) -> Told:
    return Told(
        id=notice.id,
        kind=notice.kind,
        number=notice.number,
        href=f"/orders/{notice.number}" if notice.orders == 1 else MINE,
        text=notice.text,
        who=notice.actor,
        ago=f"{age(notice.at, clock.now())} ago",
        at=full(notice.at),
        unread=not notice.read,
        more=f"and {count(notice.orders - 1, 'more order')}" if notice.orders > 1 else "",
    )


def told_link(one: rx.Var[Told], **props: Any) -> rx.Component:
    """The notice as a link to what it is about; `props` are its test id, and what else happens on a click."""
    return rx.el.a(
        _sign(one),
        rx.el.span(
            _sentence(one),
            _whether_unread(one),
            rx.el.small(one.who, " · ", one.ago, title=one.at, class_name="muted"),
        ),
        href=one.href,
        **props,
    )


def _sign(one: rx.Var[Told]) -> rx.Component:
    """What kind of news it is, as a picture."""
    return rx.match(
        one.kind,
        (NoticeKind.MENTION.value, rx.icon("at-sign", aria_hidden="true")),
        (NoticeKind.WOKEN.value, rx.icon("alarm-clock-check", aria_hidden="true")),
        rx.icon("hand", aria_hidden="true"),
    )


def _sentence(one: rx.Var[Told]) -> rx.Component:
    return rx.cond(
        one.kind == NoticeKind.MENTION.value,
        rx.el.span(one.who, " ", one.text, " on ", rx.el.strong(one.number)),
        rx.el.span(
            rx.el.strong(one.number), " ", rx.cond(one.more != "", rx.fragment(one.more, " "), rx.fragment()), one.text
        ),
    )


def _whether_unread(one: rx.Var[Told]) -> rx.Component:
    """For who does not see that it is marked."""
    return rx.cond(one.unread, rx.el.span(" (unread)", class_name="sr"), rx.fragment())
