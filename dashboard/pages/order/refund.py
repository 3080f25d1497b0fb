"""The refund dialog: everything, an amount, or lines and shipping; what it comes to is shown as it is chosen.

What the form says when it is sent counts, never what the tab remembers. Where that is not what was previewed last, the
click previews instead and asks to be confirmed again.
"""

import re
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

import reflex as rx

from backend.domain.desk import Preview
from backend.domain.errors import AlreadyDone, HoldfastError, InvalidInput, PreviewOutdated
from backend.domain.money import exponent, parse_major
from backend.domain.order_page import ItemsTab, Look, OrderShown, Tab
from backend.domain.permissions import Area, Level
from backend.domain.preferences import DEFAULT_NUMBERS
from backend.domain.refunds import RefundWish
from backend.services import refunds
from backend.services.order_page import order_shown
from dashboard.components.money import money, told, typed
from dashboard.components.viewer import viewer
from dashboard.pages.order import after
from dashboard.pages.order.confirm import LONGEST_REASON, outdated
from dashboard.pages.order.present_money import open_to_refund_minor
from dashboard.pages.order.state import DIALOGS, WHEN_CHANGED, OrderState
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs

FULL, AMOUNT, LINES = "full", "amount", "lines"
PIECES = "pieces-"
BACK = "back-"
CHANGED = "You changed what is paid back. Look at what will happen now, and confirm once more."
_COMMA = re.compile(r"(\d+),(\d{1,2})", re.ASCII)


class Unfinished(InvalidInput):
    """Nothing is wrong yet: something is still to be chosen."""


@dataclass
class RefundLine:
    """A line of the order; `field` is the name of its number of pieces in the form, `back` that of whether they go back
    to stock, empty where stock is not kept of it. `most`: pieces that were not paid back yet."""

    field: str
    name: str
    price: str
    most: int
    back: str = ""


@dataclass
class RefundQuestion:
    """The order and what the chosen refund would do.

    `refusal` says why it cannot be done as chosen, `missing` what is still to be chosen; it can be done where both are
    empty. `asks`: a second person decides.
    """

    number: str = ""
    currency: str = ""
    left: str = ""
    lines: list[RefundLine] = field(default_factory=list)
    shipping: str = ""
    effects: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    refusal: str = ""
    missing: str = ""
    version: int = 0
    token: str = ""
    asks: bool = False


class RefundState(rx.State):
    """The dialog; `way` is how the refund is chosen."""

    open: bool = False
    running: bool = False
    news: str = ""
    asked: int = 0
    way: str = FULL
    shipping: bool = False
    restock: bool = False
    question: RefundQuestion = RefundQuestion()
    _chosen: dict[str, str] = {}
    """The form as it was previewed last."""

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def ask_refund(self, number: str):
        """Open the dialog on a full refund."""
        self.way, self.shipping, self.restock, self.news, self.running = FULL, False, False, "", False
        self.asked += 1
        return await self._begin(str(number), {"way": FULL})

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def choose(self, name: str, value: str):
        """Something in the form was changed: preview what it would do now. Ticked boxes say `on`."""
        if self._chosen.get(str(name)) == str(value):
            return None  # known already: sent with the form, which may be faster than the pause after typing
        # Another way begins afresh: what was typed for the last one is no longer on the screen.
        kept = {"restock": self._chosen.get("restock", "")} if name == "way" else self._chosen
        self._chosen = {**kept, str(name)[:40]: str(value)[:40]}
        self.way = self._chosen.get("way", FULL)
        self.shipping, self.restock = self._chosen.get("shipping") == "on", self._chosen.get("restock") == "on"
        self.news = ""
        return await self._preview()

    @rx.event
    @needs(None)
    async def dismiss(self):
        self.open = False

    @rx.event
    @needs(None)
    async def renew(self):
        """The order has changed while the dialog is open: say so. What is confirmed stays what was previewed."""
        question = self.question
        if self.open and not self.running and question.version:
            news, left = await outdated(self._asked_again(), question.version, question.remaining, self.news)
            if (news, left) != (self.news, question.remaining):
                self.news, self.question = news, replace(question, remaining=left)

    @rx.event(temporal=True)
    @needs(Area.MONEY, Level.ACT)
    async def pay_back(self, form: dict[str, Any]):
        """Carry the refund out, if it is the one that was previewed."""
        self.running = True
        yield
        try:
            done = await self._carry_out(form)
        except PreviewOutdated as error:
            yield await self._begin(str(form.get("number", "")), _entries(form), told(error.sentence))
            return
        except HoldfastError as error:
            self.open = self.open and not isinstance(error, AlreadyDone)
            self.news = told(error.sentence)
            yield notices.problem(error.sentence)
            yield OrderState.refresh
            return
        finally:
            self.running = False
        if done is None:
            yield await self._begin(str(form.get("number", "")), _entries(form), CHANGED)
            return
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        yield after.events(str(form.get("number", "")), "refund")

    async def _carry_out(self, form: dict[str, Any]) -> Any:
        """None when the form says something else than what was previewed last."""
        number, currency = str(form.get("number", "")), str(form.get("currency", ""))
        wish = wish_of(_entries(form), currency)
        if number != self.question.number or wish != self._previewed(currency):
            return None
        return await ask(
            refunds.refund,
            number,
            wish,
            version=int(version) if (version := str(form.get("version", ""))).isdecimal() and len(version) < 19 else 0,
            token=str(form.get("token", ""))[:64],
            reason=str(form.get("reason", "")).strip()[:LONGEST_REASON],
        )

    def _previewed(self, currency: str) -> RefundWish | None:
        try:
            return wish_of(self._chosen, currency)
        except InvalidInput:
            return None

    async def _begin(self, number: str, chosen: dict[str, str], news: str = "") -> Any:
        try:
            shown = await ask(order_shown, number, Tab.ITEMS, Look())
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        self.question = _question(shown)
        self._chosen, self.news, self.open = chosen, news, True
        return await self._preview()

    def _asked_again(self) -> Awaitable[Preview]:
        return ask(refunds.preview_refund, self.question.number, wish_of(self._chosen, self.question.currency))

    async def _preview(self) -> Any:
        question = self.question
        try:
            preview = await ask(refunds.preview_refund, question.number, wish_of(self._chosen, question.currency))
        except Unfinished as error:
            self.question = _shown(question, missing=" ".join(error.problems))
        except InvalidInput as error:
            self.question = _shown(question, refusal=" ".join(error.problems))
        except HoldfastError as error:
            self.open = False
            return notices.problem(error.sentence)
        else:
            self.question = _shown(question, preview, preview.refusal)
        return None


def _question(shown: OrderShown) -> RefundQuestion:
    order = shown.content
    assert isinstance(order, ItemsTab)  # what was asked for

    def amount(minor: int) -> str:
        return money(minor, order.currency)

    lines = [
        RefundLine(
            field=f"{PIECES}{line.item.position}",
            name=line.item.name,
            price=amount(line.item.total_minor),
            most=max(0, line.item.quantity - line.refunded - line.returning),
            back=f"{BACK}{line.item.position}" if line.item.reservation else "",
        )
        for line in order.lines
    ]
    shipping = amount(order.shipping_minor) if order.shipping_minor else ""
    return RefundQuestion(shown.head.number, order.currency, amount(open_to_refund_minor(order)), lines, shipping)


def _shown(
    question: RefundQuestion, preview: Preview | None = None, refusal: str = "", missing: str = ""
) -> RefundQuestion:
    return RefundQuestion(
        question.number,
        question.currency,
        question.left,
        question.lines,
        question.shipping,
        effects=[told(effect) for effect in preview.effects] if preview else [],
        remaining=[told(hold) for hold in preview.remaining_holds] if preview else [],
        refusal=told(refusal),
        missing=missing,
        version=preview.version if preview else 0,
        token=preview.token if preview else "",
        asks=preview.asks if preview else False,
    )


def _entries(form: dict[str, Any]) -> dict[str, str]:
    """What was chosen in the form, without what the click carries."""
    names = ("way", "amount", "shipping", "restock")
    return {name: str(value)[:40] for name, value in form.items() if name in names or name.startswith((PIECES, BACK))}


def wish_of(entries: dict[str, str], currency: str) -> RefundWish:
    """What a form asks for; raises `InvalidInput` in words where it cannot be understood."""
    restock = entries.get("restock") == "on"
    match entries.get("way"):
        case "amount":
            return RefundWish(amount_minor=amount_of(entries.get("amount", ""), currency))
        case "lines":
            lines = _pieces(entries)
            shipping = entries.get("shipping") == "on"
            if not lines and not shipping:
                raise Unfinished(["Choose how many pieces of which line are paid back, or the shipping, or both."])
            return RefundWish(lines=lines, shipping=shipping, restock=restock, restocked=_back(entries, lines))
        case "full":
            return RefundWish(full=True, restock=restock)
    raise InvalidInput(["Choose one: everything, an amount, or lines and shipping."])


def amount_of(text: str, currency: str) -> int:
    """Minor units of an amount as people type it: in the format of who types, or as `12.50`; `12,50` where the comma can
    mean nothing else."""
    written = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not written:
        raise Unfinished([f"Type the amount to pay back, in {currency}."])
    if viewer().locale != DEFAULT_NUMBERS:
        written = typed(written)
    if exponent(currency) and (match := _COMMA.fullmatch(written)):
        written = f"{match[1]}.{match[2]}"
    minor = parse_major(written, currency)
    if minor <= 0:
        raise InvalidInput(["The refund comes to nothing. Choose an amount above zero."])
    return minor


def _pieces(entries: dict[str, str]) -> dict[int, int]:
    found: dict[int, int] = {}
    for name, value in entries.items():
        position = name.removeprefix(PIECES)
        if not name.startswith(PIECES) or value.strip() in ("", "0"):
            continue
        if not (value.isascii() and value.isdigit() and len(value) < 8 and position.isascii() and position.isdigit()):
            raise InvalidInput([f"“{value}” is not a number of pieces. Use a whole number."])
        if int(value):
            found[int(position)] = int(value)
    return found


def _back(entries: dict[str, str], lines: dict[int, int]) -> dict[int, int]:
    """Which of the lines' pieces go back to stock: all of a line, or none."""
    return {position: pieces for position, pieces in lines.items() if entries.get(f"{BACK}{position}") == "on"}


WHEN_CHANGED.append(RefundState.renew)
DIALOGS.append(RefundState)
