"""The fix dialog: the data that held the order, prefilled, with what is wrong beside each field and what a correction does.

What the form says when it is sent counts, never what the tab remembers. Where that is not what was previewed last, the
click previews instead and asks to be confirmed again.
"""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from backend.domain.errors import AlreadyDone, HoldfastError, PreviewOutdated
from backend.domain.fixes import LABELS, FieldsRefused, Fix, FixForm
from backend.domain.permissions import Area, Level
from backend.services import fixes
from dashboard.components.money import told
from dashboard.pages.order.confirm import LONGEST_REASON
from dashboard.pages.order.state import DIALOGS, OrderState
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs

PREFIX = "fix-"
"""Before every field's name in the form, so that no field is taken for what the click carries."""
LOOK = "Look at what will happen now, and confirm once more."
_LONGEST = 300
_MOST_FIELDS = 200


@dataclass
class FixEntry:
    """A field: `value` is what is stored now, `error` is about what was typed last."""

    name: str
    label: str
    value: str
    error: str
    kind: str
    hint: str


@dataclass
class ItemChoice:
    """An item of ours that is suggested."""

    sku: str
    name: str


@dataclass
class FixQuestion:
    """The form, and what it would do as it was typed last; `version` is that of the facts it was prefilled with."""

    number: str = ""
    hold: int = 0
    fix: str = ""
    verb: str = ""
    title: str = ""
    fields: list[FixEntry] = field(default_factory=list)
    choices: list[ItemChoice] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    refusal: str = ""
    version: int = 0
    token: str = ""


class FixState(rx.State):
    """One dialog for every correction on an order."""

    open: bool = False
    running: bool = False
    news: str = ""
    asked: int = 0
    """Rises when the form is filled anew, so that nothing typed into another one is left in it."""
    question: FixQuestion = FixQuestion()
    _typed: dict[str, str] = {}
    """The values as they were previewed last, by field; what was not touched is not in it."""

    @rx.event
    @needs(Area.HOLDS, Level.ACT)
    async def ask_fix(self, number: str, hold_id: int, fix: str):
        """Open the dialog on what is stored now."""
        if fix not in set(Fix):
            return None
        self._typed, self.news, self.running = {}, "", False
        return await self._begin(str(number), int(hold_id), Fix(fix))

    @rx.event
    @needs(Area.HOLDS, Level.ACT)
    async def type_in(self, name: str, value: str):
        """Something was typed: say what is wrong with it, or what it would do."""
        stored = {entry.name: entry.value for entry in self.question.fields}
        if self._typed.get(str(name), stored.get(str(name))) == str(value):
            return None
        if len(self._typed) < _MOST_FIELDS:
            self._typed = {**self._typed, str(name)[:40]: str(value)[:_LONGEST]}
        self.news = ""
        return await self._judge()

    @rx.event
    @needs(None)
    async def dismiss_fix(self):
        self.open = False

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def correct(self, form: dict[str, Any]):
        """Make the correction, if it is the one that was previewed."""
        number, hold_id, version = str(form.get("number", "")), _whole(form, "hold"), _whole(form, "version")
        fix, typed = str(form.get("fix", "")), _values(form)
        if fix not in set(Fix):
            return
        if not self._previewed(number, hold_id, fix, typed):
            self._typed, self.news = typed, LOOK
            yield await self._judge()
            return
        self.running = True
        yield
        carried = {"version": version, "token": str(form.get("token", ""))[:64], "reason": _reason(form)}
        try:
            done = await ask(fixes.fix_in_place, number, hold_id, Fix(fix), typed, **carried)
        except PreviewOutdated as error:
            self._typed, self.news = {}, told(error.sentence)
            yield await self._begin(number, hold_id, Fix(fix))
            return
        except FieldsRefused:
            yield await self._judge()
            return
        except HoldfastError as error:
            self.open = self.open and not isinstance(error, AlreadyDone)
            self.news = told(error.sentence)
            yield notices.problem(error.sentence)
            yield OrderState.refresh
            return
        finally:
            self.running = False
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        yield OrderState.refresh

    def _previewed(self, number: str, hold_id: int, fix: str, typed: dict[str, str]) -> bool:
        """Whether the dialog shows what this very form would do."""
        shown = self.question
        known = {entry.name: self._typed.get(entry.name, entry.value) for entry in shown.fields}
        return (shown.number, shown.hold, shown.fix, known) == (number, hold_id, fix, typed)

    async def _begin(self, number: str, hold_id: int, fix: Fix) -> Any:
        """Fill the form with what is stored now; after this, what is typed is judged against these facts."""
        try:
            form = await ask(fixes.preview_fix, number, hold_id, fix)
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        self.question = _question(FixQuestion(number, hold_id, str(fix)), form, stored=True)
        self.asked += 1
        self.open = True
        return None

    async def _judge(self) -> Any:
        """Say what is wrong with what was typed, and what it would do. The facts' version stays that of the form."""
        shown = self.question
        if shown.fix not in set(Fix):
            return None
        try:
            form = await ask(fixes.preview_fix, shown.number, shown.hold, Fix(shown.fix), self._typed)
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        self.question = _question(shown, form, stored=False)
        return None


def _question(shown: FixQuestion, form: FixForm, *, stored: bool) -> FixQuestion:
    old = {entry.name: entry.value for entry in shown.fields}
    return FixQuestion(
        number=shown.number,
        hold=shown.hold,
        fix=shown.fix,
        verb=LABELS[form.fix],
        title=form.preview.title,
        fields=[
            FixEntry(one.name, one.label, one.value if stored else old.get(one.name, ""), one.error, one.kind, one.hint)
            for one in form.fields
        ],
        choices=[ItemChoice(item.sku, item.name) for item in form.choices],
        effects=[told(effect) for effect in form.preview.effects],
        remaining=[told(hold) for hold in form.preview.remaining_holds],
        refusal=told(form.preview.refusal),
        version=form.preview.version if stored else shown.version,
        token=form.preview.token,
    )


def _values(form: dict[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix(PREFIX): str(value)[:_LONGEST] for name, value in form.items() if name.startswith(PREFIX)
    }
    return dict(list(found.items())[:_MOST_FIELDS])


def _reason(form: dict[str, Any]) -> str:
    return str(form.get("reason", "")).strip()[:LONGEST_REASON]


def _whole(form: dict[str, Any], name: str) -> int:
    text = str(form.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


DIALOGS.append(FixState)
