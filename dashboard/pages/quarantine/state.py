"""The quarantine's list: what came in and could not be used, by channel and cause; and what was discarded."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend import wiring
from backend.domain.errors import HoldfastError
from backend.domain.payload_words import in_words
from backend.domain.permissions import Area, Level
from backend.domain.quarantine import DecisionView, QuarantinePage, QuarantineRow, RefusedCount
from backend.services import quarantine
from dashboard.components.money import told
from dashboard.components.times import full, moment
from dashboard.components.words import count, number, word
from dashboard.shell import notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

SIZE = 50
_LONGEST = 200


@dataclass
class Wrong:
    """What is wrong, and the place in the message beside it; the place is empty where there is none."""

    sentence: str
    path: str


@dataclass
class Message:
    id: str
    href: str
    source: str
    topic: str
    event: str
    received: str
    received_full: str
    problems: list[Wrong]
    size: str
    repeats: str
    decided: str


@dataclass
class Choice:
    """A filter to choose; `on` when it is the one that is chosen."""

    label: str
    number: str
    href: str
    on: bool


class QuarantineState(FollowedPage, rx.State):
    """One page of messages; the filters and the place in the list stand in the address."""

    headline: str = ""
    messages: list[Message] = []
    causes: list[Choice] = []
    channels: list[Choice] = []
    views: list[Choice] = []
    refused: list[str] = []
    first_href: str = ""
    next_href: str = ""
    cause: str = ""
    may_act: bool = False
    running: bool = False
    replay_token: str = ""
    provider: str = ""
    discarded: bool = False
    _cursor: str = ""

    @rx.event
    @needs(Area.QUARANTINE)
    async def load(self):
        query = self.router.url.query_parameters
        self.provider, self.cause = str(query.get("channel", ""))[:40], str(query.get("cause", ""))[:_LONGEST]
        self.discarded = query.get("show", "") == "discarded"
        self._cursor = str(query.get("after", ""))[:_LONGEST]
        self.replay_token = secrets.token_urlsafe(18)
        self.may_act = sessions.current().person.actor.may(Area.QUARANTINE, Level.ACT)
        await self._read()

    @rx.event(background=True)
    @needs(Area.QUARANTINE)
    async def follow(self):
        await keep_current(self)

    @rx.event(temporal=True)
    @needs(Area.QUARANTINE, Level.ACT)
    async def replay_all(self, form: dict[str, Any]):
        """Have every message of the chosen cause handled anew, where nothing is wrong with it any more."""
        self.running = True
        yield
        wanted = {"cause": str(form.get("cause", ""))[:_LONGEST], "provider": str(form.get("provider", ""))[:40]}
        token = str(form.get("token", ""))[:64]
        try:
            done = await ask(quarantine.replay_cause, **wanted, adapters=wiring.adapters(), token=token)
            yield notices.done(done.sentence)
        except HoldfastError as error:
            yield notices.problem(error.sentence)
        finally:
            self.running = False
        self.replay_token = secrets.token_urlsafe(18)
        await self._read()

    async def _fetch(self) -> None:
        chosen = {"provider": self.provider, "cause": self.cause, "discarded": self.discarded}
        self._show(await ask(quarantine.quarantine_page, **chosen, cursor=self._cursor, size=SIZE))

    def _show(self, page: QuarantinePage) -> None:
        shown = {
            "headline": count(page.total, "message") if page.total else "",
            "messages": [_message(row) for row in page.messages],
            "causes": self._cause_choices(page),
            "channels": self._channel_choices(page),
            "views": [
                Choice("To decide", "", self._href(cause="", show=""), not self.discarded),
                Choice("Discarded", number(page.discarded) if page.discarded else "",
                       self._href(cause="", show="discarded"), self.discarded),
            ],
            "refused": [_refused(one) for one in page.refused],
            "first_href": self._href(after="") if self._cursor else "",
            "next_href": self._href(after=page.next_cursor) if page.next_cursor else "",
        }  # fmt: skip
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _cause_choices(self, page: QuarantinePage) -> list[Choice]:
        everything = Choice("All causes", "", self._href(cause=""), not self.cause)
        found = [
            Choice(
                in_words(one.cause).sentence, number(one.messages), self._href(cause=one.cause), one.cause == self.cause
            )
            for one in page.causes
            if one.cause
        ]
        return [everything, *found] if len(found) > 1 or self.cause else []

    def _channel_choices(self, page: QuarantinePage) -> list[Choice]:
        named = sorted({*page.providers, *([self.provider] if self.provider else [])})
        if len(named) < 2 and not self.provider:
            return []
        every = Choice("All senders", "", self._href(channel="", cause=""), not self.provider)
        return [
            every,
            *(Choice(word(one), "", self._href(channel=one, cause=""), one == self.provider) for one in named),
        ]

    def _href(self, **changes: str) -> str:
        """This list's address with something else chosen; another choice begins at the first page."""
        query = {"channel": self.provider, "cause": self.cause, "show": "discarded" if self.discarded else ""}
        kept = {name: value for name, value in {**query, **changes}.items() if value}
        return "/quarantine" + ("?" + urlencode(kept) if kept else "")


def _message(row: QuarantineRow) -> Message:
    return Message(
        id=row.id,
        href=f"/quarantine/{row.id}",
        source=word(row.provider),
        topic=row.topic,
        event=row.event_id,
        received=moment(row.received_at),
        received_full=full(row.received_at),
        problems=[wrong(problem) for problem in row.problems],
        size=f"{number(row.body_bytes)} bytes",
        repeats=f"sent {number(row.duplicates + 1)} times" if row.duplicates else "",
        decided=decision(row.decided) if row.decided else "",
    )


def wrong(problem: str) -> Wrong:
    found = in_words(problem)
    return Wrong(told(found.sentence), found.path)


def decision(made: DecisionView) -> str:
    """`Discarded by Mia Brandt, 21 Nov, 14:05: “test order”`."""
    why = f": “{made.reason}”" if made.reason else ""
    return f"{word(made.kind)} by {made.who}, {moment(made.at)}{why}"


def _refused(one: RefusedCount) -> str:
    return f"{word(one.provider)}: {count(one.messages, 'message')}, {one.reason}, last {moment(one.last_at)}"
