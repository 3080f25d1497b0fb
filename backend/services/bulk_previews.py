"""Previewing a bulk run: which orders, what would be done to each, and which are refused; frozen as a draft.

Every order is previewed by the very service that a single click on it would ask, so a run promises nothing else. Of a
very long list the last orders are looked at only when their turn comes; the preview says of how many.
"""

from dataclasses import asdict, dataclass, replace

from sqlmodel import Session

from backend import clock, settings
from backend.domain import search
from backend.domain.bulk import (
    HIGHER_GUARD,
    KEPT_DRAFTS,
    RULES,
    BulkAction,
    BulkPreview,
    Choice,
    MemberState,
    Options,
    gathered,
    kinds_helped,
)
from backend.domain.desk import MoneySum, Preview
from backend.domain.errors import InvalidInput, NotFound, OrderNotFound, TooMany
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.permissions import Actor, Area, Level
from backend.domain.queue import Parts
from backend.domain.teamwork import LONGEST_SNOOZE, SNOOZE_WORDS
from backend.services import bulk_acts, clicks, order_lists, queue, refunds, teamwork
from backend.store import bulk as store
from backend.store import sending
from backend.store.bulk import Candidate
from backend.store.tables import BulkRun

NO_OPTIONS = Options()


LOOKING_SECONDS = 3.0
"""So long orders are looked at one by one, milliseconds each: whoever asks waits for an answer."""


@dataclass(frozen=True)
class _Member:
    """An order with what its own preview says, None where the time was over; `amount_minor` is what is at stake."""

    candidate: Candidate
    preview: Preview | None
    amount_minor: int

    @property
    def refusal(self) -> str:
        return self.preview.refusal if self.preview else ""


def guard_of(actor: Actor) -> int:
    """How many orders this person may act on at once."""
    config = settings.current()
    higher = config.bulk_limit_managers if actor.role in HIGHER_GUARD else 0
    return max(config.bulk_limit, higher)


def preview(
    session: Session, action: BulkAction, choice: Choice, *, actor: Actor, options: Options = NO_OPTIONS
) -> BulkPreview:
    """Freeze a run of these orders as they are now, and say what it would do; nothing is done to any of them.

    Raises `TooMany` above the person's guard, and `InvalidInput` where nothing was chosen.
    """
    rule = RULES[action]
    actor.require(Area.HOLDS, Level.VIEW, "see held orders")
    actor.require(rule.area, Level.ACT, rule.phrase)
    shared = _shared(session, action, options, actor)
    limit = guard_of(actor)
    candidates = _candidates(session, action, choice, limit, actor)
    if len(candidates) > limit:
        raise TooMany(limit)
    found = _look(session, action, candidates, options, actor)
    acting = sorted((each for each in found if not each.refusal), key=_simplest_first)
    refused = [each for each in found if each.refusal]
    needs_reason = rule.always_reason or (not rule.shares and any(_may_need_reason(each) for each in acting))
    run = BulkRun(
        action=str(action),
        words=_words(session, choice, len(found)),
        choice=asdict(choice),
        options=options.stored(),
        needs_reason=needs_reason,
        drafted_by=actor.id,
        actor_id=actor.id,
        actor_name=actor.name,
        epoch=sending.read(session).epoch,
        created_at=clock.now(),
    )
    store.forget_drafts(session, before=clock.now() - KEPT_DRAFTS)
    store.freeze(session, run, [_frozen(place, each) for place, each in enumerate([*acting, *refused], start=1)])
    return _shown(run, acting, refused, actor, shared)


def _numbers(session: Session, choice: Choice, limit: int, actor: Actor) -> list[str]:
    """The orders that are named, found or left from an earlier run, at most one more than the guard allows of those found.

    Raises `InvalidInput` where there is none, and where nothing at all was chosen.
    """
    if choice.is_filter:
        if not (choice.kind or choice.cluster or choice.whole or choice.is_narrow):
            raise InvalidInput(["Choose orders, or a cause whose orders are all meant."])
        return []
    if choice.search:
        found = store.numbers(session, order_lists.found_by(session, choice.search, actor=actor, most=limit + 1))
        if not found:
            raise InvalidInput(["That search finds no order."])
        return found
    if choice.run_id:
        if store.find(session, choice.run_id) is None:
            raise NotFound(f"There is no bulk run {choice.run_id}.")
        found = store.numbers_of(session, choice.run_id, choice.results)
        if not found:
            raise InvalidInput([f"No order of bulk run {choice.run_id} ended like that."])
        return found
    return list(dict.fromkeys(choice.numbers))


def _candidates(session: Session, action: BulkAction, choice: Choice, limit: int, actor: Actor) -> list[Candidate]:
    """At most one more than the guard allows."""
    numbers = _numbers(session, choice, limit, actor)
    if len(numbers) > limit:
        raise TooMany(limit)
    named = store.named(session, numbers)
    if missing := set(numbers) - {each.number for each in named}:
        raise OrderNotFound(min(missing))
    if not RULES[action].held and numbers:
        return named
    held = store.held(
        session,
        numbers=numbers,
        kind=choice.kind,
        cluster=choice.cluster,
        helped=kinds_helped(action),
        limit=limit + 1,
        order_ids=_fitting(session, choice, limit, actor) if choice.is_narrow else None,
    )
    stopped = {each.order_id for each in held}
    return held + [each for each in named if each.order_id not in stopped]


def _fitting(session: Session, choice: Choice, limit: int, actor: Actor) -> list[int]:
    """The orders that the queue shows for this filter. Raises `InvalidInput` where there is none."""
    asked = Parts(choice.cluster, choice.kind, False, choice.snoozed, search.parse(choice.query))
    wanted = asked.filter(order_lists.asking(actor).user_id or 0)
    wanted = replace(wanted, person=choice.person or wanted.person)
    found = queue.held_ids(session, wanted, actor=actor, most=limit + 1)
    if not found:
        raise InvalidInput(["No held order matches that filter any more."])
    return found


def _shared(session: Session, action: BulkAction, options: Options, actor: Actor) -> str:
    """To whom, or until when, in a sentence that is so of all orders; empty for other actions.

    Raises `InvalidInput` where nobody can be given orders by that number, or nothing says when they come back.
    """
    if action is BulkAction.ASSIGN:
        everybody, wanted = teamwork.colleagues(session, actor=actor), options.to.strip().casefold()
        chosen = [each.name for each in everybody if each.may_act and wanted in (str(each.id), each.email)]
        if not chosen:
            raise InvalidInput(["Choose a colleague who may act on held orders."])
        return f"Assigned to {chosen[0]}."
    if action is not BulkAction.SNOOZE:
        return ""
    now = clock.now()
    if options.until is None and options.event is None:
        raise InvalidInput(["Say until when, or until what, the orders are snoozed."])
    if options.until is not None and not now < options.until <= now + LONGEST_SNOOZE:
        raise InvalidInput([f"Snooze to a moment within the next {LONGEST_SNOOZE.days} days."])
    what = f" until {SNOOZE_WORDS[options.event]}" if options.event else ""
    return f"Out of the queue{what}; it comes back by itself, also when its holds change."


def _look(
    session: Session, action: BulkAction, candidates: list[Candidate], options: Options, actor: Actor
) -> list[_Member]:
    """Look at one order after the other until the time is over; what is at stake is known of all."""
    paid_back: dict[int, int] = {}
    if action in (BulkAction.REFUND, BulkAction.CANCEL):
        paid_back = refunds.refundable_of(session, [each.order_id for each in candidates])
    until = clock.monotonic() + LOOKING_SECONDS
    found: list[_Member] = []
    for each in candidates:
        shown: Preview | None = None
        if not found or clock.monotonic() < until:
            shown = bulk_acts.preview(session, action, each.number, each.hold_id, options, actor=actor)
        found.append(_Member(each, shown, max(0, paid_back.get(each.order_id, each.total_minor))))
    return found


def _may_need_reason(member: _Member) -> bool:
    """Of an order that nobody has looked at yet it is not known, so a reason is wanted."""
    return member.preview is None or member.preview.needs_reason


def _simplest_first(member: _Member) -> tuple[bool, int]:
    """Orders that nothing else holds come first: only they show that the cause has gone. Then those not looked at."""
    return (True, 0) if member.preview is None else (False, len(member.preview.remaining_holds))


def _frozen(place: int, member: _Member) -> dict[str, object]:
    candidate, refusal = member.candidate, member.refusal
    return {
        "position": place,
        "order_id": candidate.order_id,
        "hold_id": candidate.hold_id,
        "version": member.preview.version if member.preview else candidate.version,
        "state": str(MemberState.SKIPPED if refusal else MemberState.WAITING),
        "result": refusal,
        "amount_minor": member.amount_minor,
        "currency": candidate.currency,
        "watch": {} if member.preview else {bulk_acts.UNSEEN: True},
    }


def _shown(run: BulkRun, acting: list[_Member], refused: list[_Member], actor: Actor, shared: str) -> BulkPreview:
    seen = [each.preview for each in acting if each.preview]
    effects = [sentence for shown in seen for sentence in shown.effects] + [shared] * len(acting) * bool(shared)
    return BulkPreview(
        run_id=run.id,
        action=run.action,
        verb=RULES[BulkAction(run.action)].verb,
        words=run.words,
        orders=len(acting) + len(refused),
        looked=len(seen) + len(refused),
        acting=len(acting),
        refused=gathered(each.refusal for each in refused),
        effects=gathered(effects),
        money=_sums(acting),
        still_held=_still_held(BulkAction(run.action), seen),
        needs_reason=run.needs_reason,
        restock=bool(run.options.get("restock")),
        token=clicks.mint(actor),
        refusal="" if acting else "There is no order among these with which this can be done. Nothing was changed.",
    )


def _still_held(action: BulkAction, seen: list[Preview]) -> int:
    """Orders that other holds keep where they are; it does not matter for those that are to be settled."""
    if RULES[action].helps is None:
        return 0
    return sum(1 for shown in seen if shown.remaining_holds)


def _sums(members: list[_Member]) -> tuple[MoneySum, ...]:
    sums: dict[str, int] = {}
    for member in members:
        sums[member.candidate.currency] = sums.get(member.candidate.currency, 0) + member.amount_minor
    return tuple(MoneySum(currency, amount) for currency, amount in sorted(sums.items(), key=lambda item: -item[1]))


def _words(session: Session, choice: Choice, orders_found: int) -> str:
    """By what the orders were chosen, for people."""
    kind = choice.cause_kind
    cause = f"“{CATALOGUE[HoldKind(kind)].title}”" if kind in set(HoldKind) else ""
    if choice.run_id:
        return f"from bulk run {choice.run_id}: {', '.join(choice.results)}"
    if choice.search:
        return f"all found by “{choice.search}”"
    if choice.is_filter:
        which = f"all held for {cause}" if cause else "all of one cause" if choice.cluster else "all held orders"
        whose = " of one colleague" if choice.person else ""
        away = " that are snoozed" if choice.snoozed else ""
        fitting = f" that match “{choice.query}”" if choice.query else ""
        return f"{which}{whose}{away}{fitting}"
    return f"{orders_found} selected" + (f" of {cause}" if cause else "")
