"""What follows a correction: which checks pass now, which holds close, what runs again, and what else would hold the order."""

from dataclasses import dataclass

from sqlmodel import Session

from backend import settings
from backend.domain.checks import Finding
from backend.domain.fixes import CARRIED_BY, MENDS, RECHECKED, REISSUED, SUBJECTS, Corrected, Fix
from backend.domain.holds import CATALOGUE, HoldKind, HoldSource
from backend.domain.intake import NewAddress
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.providers import provider_name
from backend.domain.retries import Outcome
from backend.domain.steps import RULES, StepKind, StepState
from backend.services import decisions, holds, reruns, stock
from backend.store import holds as hold_store
from backend.store import steps
from backend.store.tables import Hold, Order, Step


@dataclass(frozen=True)
class Plan:
    """`passing`: check holds whose rule is met now. `mended`: holds of refused steps that run again with the new data.

    `refused`: documents and messages that were refused with the old data, and run again.
    `new`: findings that hold the order afresh; `waived`: those that a person decided on before, on the same facts.
    """

    passing: tuple[Hold, ...]
    mended: tuple[tuple[Hold, Step], ...]
    refused: tuple[Step, ...]
    new: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Hold], ...]
    address: NewAddress | None

    @property
    def closing(self) -> tuple[Hold, ...]:
        return (*self.passing, *(hold for hold, _ in self.mended))


def plan(session: Session, order: Order, fix: Fix, findings: list[Finding], address: NewAddress | None) -> Plan:
    """What a correction leads to, given what the checks find in the new data."""
    found = {finding.kind for finding in findings}
    held = hold_store.open_of(session, order.id)
    open_kinds = {HoldKind(hold.kind) for hold in held}
    passing = tuple(
        hold
        for hold in held
        if hold.source == HoldSource.CHECK and hold.kind in RECHECKED[fix] and HoldKind(hold.kind) not in found
    )
    fresh = [finding for finding in findings if finding.kind not in open_kinds]
    decided = {one.kind: decisions.earlier(session, one.kind, decisions.token_of(one.kind, address)) for one in fresh}
    return Plan(
        passing=passing,
        mended=tuple(_mended(session, held, fix)),
        refused=tuple(_refused(session, order, fix)),
        new=tuple(one for one in fresh if decided[one.kind] is None),
        waived=tuple((one, earlier) for one in fresh if (earlier := decided[one.kind]) is not None),
        address=address,
    )


def _mended(session: Session, held: list[Hold], fix: Fix) -> list[tuple[Hold, Step]]:
    found = []
    for hold in held:
        if hold.step_id is not None and fix in MENDS.get(HoldKind(hold.kind), ()):
            step = steps.get(session, hold.step_id)
            if StepKind(step.kind) in CARRIED_BY:
                found.append((hold, step))
    return found


def _refused(session: Session, order: Order, fix: Fix) -> list[Step]:
    """What failed in doubt is left to a person: a correction does not tell whether it happened."""
    newest = (steps.latest(session, order.id, kind) for kind in REISSUED.get(fix, ()))
    return [
        step
        for step in newest
        if step is not None
        and step.state == StepState.PARKED
        and step.outcome == Outcome.REJECTED
        and not step.in_doubt
    ]


def sentences(plan: Plan, fix: Fix, corrected: tuple[Corrected, ...]) -> tuple[str, ...]:
    """The plan for people, before anything is done."""
    said = [f"{SUBJECTS[fix]}: {_and([one.label for one in corrected])} changed; old and new go into the timeline."]
    if fix is Fix.SKU:
        said.append("What was reserved under the old number is free again; the new item is reserved, if it is there.")
        said.append("This channel's next orders with the same item follow by themselves.")
    said += [f"“{_title(hold)}” passes its check now and is closed." for hold in plan.passing]
    for hold, step in plan.mended:
        said.append(f"“{_title(hold)}” is closed, and only the failed step runs again.")
        said.append(_again(fix, step))
    said += [f"{RULES[StepKind(step.kind)].label}: it was refused before and runs again." for step in plan.refused]
    said += [f"The order is then held: {CATALOGUE[one.kind].title}. {one.reason}" for one in plan.new]
    said += [decisions.sentence(one, earlier) for one, earlier in plan.waived]
    return tuple(said)


def _again(fix: Fix, step: Step) -> str:
    carrier = provider_name(step.provider) if step.provider else "The carrier"
    if fix is Fix.SHIPPING_ADDRESS:
        then = " Then a new label is asked for." if step.kind == StepKind.SHIPMENT_CREATE else ""
        return f"{carrier} is asked about the new address; if it is not known either, the order is held again.{then}"
    return f"{RULES[StepKind(step.kind)].label}: {carrier} is sent a new request; the refused one had no effect."


def carry_out(session: Session, order: Order, fix: Fix, plan: Plan, *, actor: Actor, reason: str) -> None:
    """Close what is mended, hold what is found anew, and let the failed step run again. The new data is stored already."""
    # Before any hold is lifted: what waits behind it must not go out with a label for the old address.
    if fix is Fix.SHIPPING_ADDRESS:
        reruns.with_another_address(session, order, actor, frozenset(step.id for _, step in plan.mended))
    if fix is Fix.SKU:
        _reserve(session, order, actor)
    for finding in plan.new + tuple(finding for finding, _ in plan.waived):
        if finding.kind is not HoldKind.OUT_OF_STOCK:
            decisions.place(session, order, finding, plan.address)
    for hold in plan.passing:
        if hold.kind != HoldKind.OUT_OF_STOCK:
            holds.lift(session, order, hold, "mended", actor=SYSTEM)
    for hold, step in plan.mended:
        holds.lift(session, order, hold, "mended", actor=actor, reason=reason)
        if fix is not Fix.SHIPPING_ADDRESS:
            reruns.again(session, order, step, actor)
    for step in plan.refused:
        reruns.again(session, order, step, actor)


def _reserve(session: Session, order: Order, actor: Actor) -> None:
    """The check of the goods, made again; it closes or opens its own hold."""
    if "stock" not in settings.current().check_names:
        return
    missing = stock.reserve(session, order, actor=actor)
    if missing:
        holds.place(session, order, HoldKind.OUT_OF_STOCK, " ".join(missing), source=HoldSource.CHECK)
    else:
        holds.lift_by_check(session, order, HoldKind.OUT_OF_STOCK, "mended")


def _title(hold: Hold) -> str:
    return CATALOGUE[HoldKind(hold.kind)].title


def _and(words: list[str]) -> str:
    lower = [words[0], *(word[:1].lower() + word[1:] for word in words[1:])] if words else []
    return lower[0] if len(lower) == 1 else f"{', '.join(lower[:-1])} and {lower[-1]}"
