"""Fixing in place: staff correct the data of a held order, the rule that held it judges it anew, and only what failed runs again.

A fix is previewed like any click: it carries version and token, is refused when the facts have moved, and counts once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from backend.domain import fix_rules
from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, NotPossible
from backend.domain.fixes import LABELS, SUBJECTS, Corrected, FieldsRefused, Fix, FixField, FixForm, Item, offered
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.orders import OrderStatus
from backend.domain.permissions import SYSTEM, Actor, Area, Level
from backend.domain.steps import RULES, StepKind, StepState
from backend.services import cancelling, clicks, corrections, fix_effects, flow, sku_fix
from backend.services.fix_effects import Plan
from backend.services.fix_parts import PARTS, typed_into
from backend.store import documents, holds, orders, steps
from backend.store.personal import UNREADABLE
from backend.store.tables import Hold, Order

_PARCEL = frozenset({Fix.SHIPPING_ADDRESS, Fix.WEIGHT, Fix.SKU})
MOST_CHOICES = 50
_INVOICE = frozenset({Fix.BILLING_ADDRESS, Fix.TAX_ID})


@dataclass(frozen=True)
class _Draft:
    """What was typed, judged: `fields` with their errors, what would change, and what would follow."""

    order: Order
    hold: Hold
    fix: Fix
    fields: tuple[FixField, ...]
    corrected: tuple[Corrected, ...]
    plan: Plan
    refusal: str

    @property
    def errors(self) -> dict[str, str]:
        return {field.name: field.error for field in self.fields if field.error}

    @property
    def values(self) -> dict[str, str]:
        return {field.name: field.value for field in self.fields}


def preview_fix(
    session: Session, number: str, hold_id: int, fix: Fix, values: Mapping[str, str] | None = None, *, actor: Actor
) -> FixForm:
    """The form with what is there, or what was typed (`values` by field), what is wrong with it, and what would happen."""
    actor.require(Area.HOLDS, Level.ACT, "fix held orders")
    draft = _draft(session, orders.by_number(session, number), hold_id, fix, dict(values or {}))
    good = bool(draft.corrected) and not draft.errors
    effects = fix_effects.sentences(draft.plan, draft.fix, draft.corrected) if good else ()
    preview = clicks.preview(
        session,
        draft.order,
        _action(fix),
        f"{LABELS[fix]}: {CATALOGUE[HoldKind(draft.hold.kind)].title}",
        effects,
        actor=actor,
        refusal=draft.refusal,
        closing=frozenset(hold.id for hold in draft.plan.closing),
    )
    changed = tuple(one.label for one in draft.corrected)
    choices = _choices(session, draft) if fix is Fix.SKU else ()
    return FixForm(fix, SUBJECTS[fix], draft.fields, changed, preview, choices)


def _choices(session: Session, draft: _Draft) -> tuple[Item, ...]:
    """Our items to choose from: those that fit what was typed or what the shop wrote, else the first of the catalogue."""
    asked = [one.value for one in draft.fields if one.error] + [one.new for one in draft.corrected]
    found = (item for text in dict.fromkeys(asked) for item in sku_fix.find(session, text, MOST_CHOICES))
    return tuple(dict.fromkeys(found))[:MOST_CHOICES] or tuple(sku_fix.find(session, "", MOST_CHOICES))


def fix_in_place(
    session: Session,
    number: str,
    hold_id: int,
    fix: Fix,
    values: Mapping[str, str],
    *,
    actor: Actor,
    version: int,
    token: str,
    reason: str = "",
) -> ActionDone:
    """Store the correction and let what it mends run again.

    Raises `FieldsRefused` with a sentence per field that breaks a rule, and `NotPossible` when nothing was changed.
    """
    actor.require(Area.HOLDS, Level.ACT, "fix held orders")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, _action(fix), token, actor):
        return ActionDone("This correction was already made.", repeated=True)
    draft = _draft(session, order, hold_id, fix, dict(values))
    _check(session, draft, version, actor)
    PARTS[fix].write(session, order, draft.values, actor)
    session.flush()
    why = reason.strip()
    # The holds of steps that run again are closed for this reason, which then stands in the timeline there.
    told = "" if draft.plan.mended else why
    corrections.write_down(session, order, fix, draft.corrected, draft.hold.id, actor=actor, reason=told)
    fix_effects.carry_out(session, order, fix, draft.plan, actor=actor, reason=why)
    fields = [one.field for one in draft.corrected]
    details = {"hold": draft.hold.kind, "fields": fields}
    clicks.audit(session, order, _action(fix), actor=actor, token=token, reason=reason, details=details)
    flow.advance(session, order, actor=actor)
    left = len(holds.open_of(session, order.id))
    rest = "The order goes on." if not left else f"{left} {'hold remains' if left == 1 else 'holds remain'}."
    return ActionDone(f"{SUBJECTS[fix]} corrected. {rest}")


def _action(fix: Fix) -> str:
    return f"fix_{fix}"


def _draft(session: Session, order: Order, hold_id: int, fix: Fix, values: dict[str, str]) -> _Draft:
    hold = holds.of_order(session, order, hold_id)
    part = PARTS[fix]
    present = part.read(session, order)
    fields = typed_into(present, values)
    errors, findings = part.judge(session, order, HoldKind(hold.kind), {one.name: one.value for one in fields})
    unstorable = {one.name: error for one in fields if (error := fix_rules.text_error(one.value) or _unread(one))}
    fields = tuple(replace(one, error=unstorable.get(one.name) or errors.get(one.name, "")) for one in fields)
    corrected = tuple(
        Corrected(new.name, new.label, old.value, new.value)
        for old, new in zip(present, fields, strict=True)
        if fix_rules.cleaned(old.value) != fix_rules.cleaned(new.value)
    )
    address = fix_rules.address_of({one.name: one.value for one in fields}) if fix is Fix.SHIPPING_ADDRESS else None
    plan = fix_effects.plan(session, order, fix, findings, address)
    return _Draft(order, hold, fix, fields, corrected, plan, _refusal(session, order, hold, fix))


def _unread(field: FixField) -> str:
    """The form is written back as a whole: what stands in for a value that does not open must not take its place."""
    return (
        "What is stored here cannot be read. Bring its key back, or type it anew." if field.value == UNREADABLE else ""
    )


def _check(session: Session, draft: _Draft, version: int, actor: Actor) -> None:
    hold, order = draft.hold, draft.order
    if hold.closed_at is not None and hold.closed_by != SYSTEM.id:
        title = CATALOGUE[HoldKind(hold.kind)].title
        raise AlreadyDone(f"“{title}”", hold.closed_by_name, how="closed", ago=clicks.ago(hold.closed_at))
    clicks.check(session, order, version, draft.refusal, actor=actor)
    if draft.errors:
        raise FieldsRefused(draft.errors)
    if not draft.corrected:
        raise NotPossible("Nothing is changed yet. Correct what is wrong first.")


def _refusal(session: Session, order: Order, hold: Hold, fix: Fix) -> str:
    """Why this cannot be corrected here any more; empty where it can."""
    rule = CATALOGUE[HoldKind(hold.kind)]
    if hold.closed_at is not None:
        return f"This hold was closed by {hold.closed_by_name}."
    if fix not in offered(HoldKind(hold.kind), str(hold.facts.get("step", ""))):
        return f"“{rule.title}” is not about that. {rule.advice}"
    if cancelling.under_way(session, order):
        return "The order is being cancelled; nothing is corrected on it any more."
    if fix in _PARCEL:
        return _parcel_refusal(session, order)
    return _invoice_refusal(session, order) if fix in _INVOICE else ""


def _parcel_refusal(session: Session, order: Order) -> str:
    if order.status not in (OrderStatus.PENDING, OrderStatus.CONFIRMED):
        return f"The order is {order.status}: its label carries the old data. Agree with carrier or customer instead."
    for kind in (StepKind.SHIPMENT_CREATE, StepKind.SHIPMENT_VERIFY_ADDRESS):
        step = steps.latest(session, order.id, kind)
        if step is not None and step.state == StepState.RUNNING:
            return f"{RULES[kind].label} is under way with the old data. Wait a moment and look again."
        if step is not None and kind is StepKind.SHIPMENT_CREATE and (step.in_doubt or step.state == StepState.DONE):
            return "A label may have been bought with the old data. Have the provider asked first."
    return ""


def _invoice_refusal(session: Session, order: Order) -> str:
    invoice = documents.invoice_of(session, order.id)
    if invoice is not None and invoice.issued_at is not None:
        return f"Invoice {invoice.number} is issued already; a correction needs a new document."
    step = steps.latest(session, order.id, StepKind.INVOICE_ISSUE)
    if step is not None and (step.state == StepState.RUNNING or step.in_doubt):
        return "The invoice may just be being issued with the old data. Wait a moment and look again."
    return ""
