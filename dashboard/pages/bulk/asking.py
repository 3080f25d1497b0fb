"""The dialog before a bulk run: what is chosen, what would be done to how many orders, and which are left out.

Every preview freezes a run of its own; the click names it, and starts that very run and no other. So a forgotten tab
starts nothing that it did not show.
"""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.bulk import RULES, BulkAction, BulkPreview, Choice, Gathered, MemberState, Options, kinds_helped
from backend.domain.errors import HoldfastError
from backend.domain.permissions import Area, Level
from backend.domain.search import LONGEST
from backend.domain.teamwork import SnoozeEvent
from backend.services import bulk, bulk_previews, teamwork
from dashboard.components.money import sums, told
from dashboard.components.words import count, number
from dashboard.pages.order.snooze_choices import choices, chosen_end
from dashboard.shell import notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.needs import needs

LONGEST_REASON = 500
MOST_NAMED = 5000
MOST_LINES = 8
OFFERED = (
    BulkAction.RETRY,
    BulkAction.ASK,
    BulkAction.RELEASE,
    BulkAction.ASSIGN,
    BulkAction.SNOOZE,
    BulkAction.REFUND,
    BulkAction.CANCEL,
)
AWAITED = (SnoozeEvent.ANSWER, SnoozeEvent.PAYMENT, SnoozeEvent.PARCEL, SnoozeEvent.PROVIDER)
CHANGED = "You changed what is to be done. Look at what will happen now, and confirm once more."
MISSING = {BulkAction.ASSIGN: "Choose to whom.", BulkAction.SNOOZE: "Choose until when, or until what."}


@dataclass
class Line:
    """A sentence and of how many orders it is so."""

    text: str = ""
    orders: str = ""


@dataclass
class Option:
    """Something to choose: what is sent, and what people read."""

    value: str = ""
    label: str = ""


@dataclass
class BulkQuestion:
    """What the dialog shows and the click carries back."""

    action: str = ""
    title: str = ""
    words: str = ""
    acting: str = ""
    effects: list[Line] = field(default_factory=list)
    unseen: str = ""
    """Of how many orders this was not looked at one by one, in words; empty where it was of all."""
    left_out: str = ""
    refused: list[Line] = field(default_factory=list)
    money: str = ""
    money_label: str = ""
    still_held: str = ""
    needs_reason: bool = False
    asks_restock: bool = False
    restock: bool = False
    asks_reason: bool = True
    refusal: str = ""
    missing: str = ""
    verb: str = ""
    run: str = ""
    token: str = ""


class BulkAskState(rx.State):
    """One dialog for every bulk action, wherever it is asked for."""

    open: bool = False
    looking: bool = False
    starting: bool = False
    asked: int = 0
    """Rises with every new choice of orders, so that no reason typed for another one is left in the field."""
    action: str = ""
    question: BulkQuestion = BulkQuestion()
    people: list[Option] = []
    moments: list[Option] = []
    _choice: Choice = Choice()
    _chosen: dict[str, str] = {}
    """What was chosen beside the action: `restock`, `to`, `until`."""

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def ask_orders(self, action: str, numbers: list[str], kind: str, cluster: str, q: str = "", scope: str = ""):
        """The orders that somebody selected; the rest is what the queue was filtered by. None named: all of it.

        `scope` has the words `mine` and `snoozed` where the queue showed only those.
        """
        named = tuple(str(number)[:40] for number in numbers[: MOST_NAMED + 1]) if isinstance(numbers, list) else ()
        whose = str(scope).split()
        chosen = Choice(
            named,
            str(kind)[:60],
            str(cluster)[:400],
            whole=numbers == [],
            query=str(q).strip()[:LONGEST],
            person=sessions.current().person.id if "mine" in whose else 0,
            snoozed="snoozed" in whose,
        )
        self._begin(chosen, action if action in set(BulkAction) else "")
        yield
        await self._look()

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def ask_search(self, q: str):
        """Every order that a search finds."""
        self._begin(Choice(search=str(q).strip()[:LONGEST]))
        yield
        await self._look()

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def ask_again(self, action: str, run: str):
        """The orders of an earlier run that failed, as they are now."""
        known = str(run)
        run_id = int(known) if known.isascii() and known.isdigit() and len(known) < 19 else 0
        chosen = Choice(run_id=run_id, results=(str(MemberState.FAILED),))
        self._begin(chosen, action if action in set(BulkAction) else "")
        yield
        await self._look()

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def choose_action(self, action: str):
        """The same orders, another action; what was typed stays."""
        if action in set(BulkAction):
            self.action, self.looking = action, True
            yield
        await self._look()

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def choose_return(self, restock: bool):
        """Whether the goods go back to stock."""
        self._chosen, self.looking = {**self._chosen, "restock": "on" if restock else ""}, True
        yield
        await self._look()

    @rx.event
    @needs(Area.MONEY, Level.ACT)
    async def choose_option(self, name: str, value: str):
        """To whom the orders are given, or until when or what they are away."""
        if name in ("to", "until"):
            self._chosen, self.looking = {**self._chosen, name: str(value)[:40]}, True
            yield
            await self._look()

    @rx.event
    @needs(None)
    async def dismiss(self):
        """Close the question; it is also closed whenever its page is opened anew, so that none is left over."""
        if self.open:
            self.open = False

    @rx.event(temporal=True)
    @needs(Area.MONEY, Level.ACT)
    async def start_run(self, form: dict[str, Any]):
        """Start the run that was shown. All that decides comes with the form."""
        run, token = str(form.get("run", "")), str(form.get("token", ""))[:64]
        reason = str(form.get("reason", "")).strip()[:LONGEST_REASON]
        run_id = int(run) if run.isascii() and run.isdigit() and len(run) < 19 else 0
        if run == self.question.run and self._changed(form):
            self.looking = True
            yield
            await self._look()
            yield notices.problem(CHANGED)
            return
        self.starting = True
        yield
        try:
            done = await ask(bulk.start, run_id, token=token, reason=reason)
        except HoldfastError as error:
            yield notices.problem(error.sentence)
            return
        finally:
            self.starting = False
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        yield rx.redirect(f"/bulk/{run_id}")

    def _changed(self, form: dict[str, Any]) -> bool:
        """Whether the form says something else than what was previewed last; if so, that is chosen from now on."""
        told = {name: str(form[name])[:40] for name in ("to", "until") if name in form}
        if self.question.asks_restock:
            told["restock"] = "on" if form.get("restock") else ""
        known = self._chosen
        self._chosen = {**known, **told}
        return any(known.get(name, "") != value for name, value in told.items())

    def _begin(self, choice: Choice, action: str = "") -> None:
        self._choice, self.action = choice, action or proposed(choice.cause_kind)
        self._chosen = {"restock": "on"}
        self.question = BulkQuestion()
        self.open, self.looking, self.starting = True, True, False
        self.asked += 1

    async def _look(self) -> None:
        """Preview what is chosen, as a new frozen run."""
        action = BulkAction(self.action)
        try:
            await self._offer(action)
            if (options := options_of(action, self._chosen)) is None:
                self.question = BulkQuestion(title=RULES[action].verb, missing=MISSING[action])
                return
            shown = await ask(bulk_previews.preview, action, self._choice, options=options)
        except HoldfastError as error:
            self.question = BulkQuestion(title=RULES[action].verb, refusal=told(error.sentence))
            return
        finally:
            self.looking = False
        self.question = question(shown)

    async def _offer(self, action: BulkAction) -> None:
        """What can be chosen beside the action."""
        if action is BulkAction.ASSIGN:
            everybody = await ask(teamwork.colleagues)
            self.people = [Option(str(each.id), each.name) for each in everybody if each.may_act]
        if action is BulkAction.SNOOZE:
            offered = choices(AWAITED, clock.now())
            self.moments = [Option(each.value, f"{each.label} {each.hint}".strip()) for each in offered]


def options_of(action: BulkAction, chosen: dict[str, str]) -> Options | None:
    """What was chosen beside the action; None while the action lacks what it needs."""
    if action is BulkAction.ASSIGN:
        return Options(to=chosen["to"]) if chosen.get("to") else None
    if action is BulkAction.SNOOZE:
        wish = chosen.get("until", "")
        if wish in set(SnoozeEvent):
            return Options(event=SnoozeEvent(wish))
        until = chosen_end(wish, "", clock.now())
        return Options(until=until) if until is not None else None
    settles = action in (BulkAction.CANCEL, BulkAction.REFUND)
    return Options(restock=settles and chosen.get("restock") == "on")


def proposed(kind: str) -> str:
    """The click that helps against this cause."""
    helping = (action for action in OFFERED if kind in kinds_helped(action))
    return str(next(helping, BulkAction.RETRY))


def question(shown: BulkPreview) -> BulkQuestion:
    action = BulkAction(shown.action)
    orders = count(shown.acting, "order")
    out = shown.orders - shown.acting
    unseen = shown.orders - shown.looked
    settles = action in (BulkAction.CANCEL, BulkAction.REFUND)
    return BulkQuestion(
        action=shown.action,
        title=f"{shown.verb}: {count(shown.orders, 'order')}",
        words=shown.words,
        acting=orders,
        effects=_lines(shown.effects),
        unseen=_unseen(shown.looked, unseen) if unseen else "",
        left_out=f"{count(out, 'order is', 'orders are')} left out" if out else "",
        refused=_lines(shown.refused),
        money=sums(shown.money),
        money_label="Paid back in all" if settles else "At stake",
        still_held=_still_held(shown.still_held),
        needs_reason=shown.needs_reason,
        asks_restock=settles,
        restock=shown.restock,
        asks_reason=not RULES[action].shares,
        refusal=told(shown.refusal),
        verb=f"{shown.verb} {orders}" if action is not BulkAction.ASK else f"Ask about {orders}",
        run=str(shown.run_id),
        token=shown.token,
    )


def _unseen(looked: int, unseen: int) -> str:
    return (
        f"This preview looked at the first {number(looked)}, one by one. Each of the other {number(unseen)} is looked at"
        " when its turn comes, and left out where this cannot be done with it."
    )


def _still_held(orders: int) -> str:
    if not orders:
        return ""
    return f"{count(orders, 'order stays', 'orders stay')} held by something else as well."


def _lines(found: tuple[Gathered, ...]) -> list[Line]:
    """The sentences that most orders share; the others are counted together."""
    by_many = sorted(found, key=lambda each: -each.orders)
    shown = [Line(told(each.sentence), number(each.orders)) for each in by_many[:MOST_LINES]]
    rest = sum(each.orders for each in by_many[MOST_LINES:])
    return [*shown, Line("Something else; the run's page says what for each order.", number(rest))] if rest else shown
