"""The parts of a cancellation: each can be looked at, which changes nothing, and begun, which promises what it needs.

What a part comes to is read from the facts every time, so the sequence can be taken up again at any point.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from backend import clock
from backend.domain.cancelling import Part, PartState, Standing
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.orders import PaymentMode
from backend.domain.permissions import SYSTEM, Actor, ActorKind
from backend.domain.refunds import RefundWish
from backend.domain.steps import RULES, Port, StepKind, StepState
from backend.domain.tracking import ORDER_EVENTS, TrackingStatus
from backend.services import credit_notes, holds, refunds, stock
from backend.store import documents, payments, steps
from backend.store import holds as hold_store
from backend.store import refunds as refund_store
from backend.store import stock as stock_store
from backend.store.tables import Hold, Order, Parcel, Refund, Shipment, Step

FORWARD = frozenset(
    {
        StepKind.PAYMENT_VERIFY,
        StepKind.PAYMENT_CAPTURE,
        StepKind.PAYMENT_REQUEST,
        StepKind.SHIPMENT_VERIFY_ADDRESS,
        StepKind.SHIPMENT_CREATE,
        StepKind.INVOICE_ISSUE,
        StepKind.CHANNEL_UPDATE,
        StepKind.MAIL_PAYMENT_LINK,
        StepKind.MAIL_CONFIRMATION,
    }
)
"""Steps that bring an order on: no longer wanted once it is being cancelled."""

OPEN = (StepState.READY, StepState.HELD, StepState.WAITING, StepState.PARKED)

_DONE, _NOT_NEEDED = PartState.DONE, PartState.NOT_NEEDED
_RUNNING, _FAILED, _TO_COME = PartState.RUNNING, PartState.FAILED, PartState.TO_COME


@dataclass(frozen=True)
class Case:
    """One cancellation: the order, locked by whoever changes something, and the hold that stands for it."""

    session: Session
    order: Order
    hold: Hold

    @property
    def canceller(self) -> Actor:
        """The colleague who decided it, for what is done on their behalf later."""
        if self.hold.placed_by == SYSTEM.id:
            return SYSTEM
        return Actor(ActorKind.STAFF, self.hold.placed_by, self.hold.placed_by_name)

    def promise(self, kind: StepKind, subject: str = "") -> None:
        steps.promise(self.session, self.order, kind, at=clock.now(), subject=subject)

    def step(self, kind: StepKind, subject: str = "") -> Step | None:
        return steps.latest(self.session, self.order.id, kind, subject)


def _standing(step: Step | None) -> Standing:
    """How a part stands that consists of one step."""
    if step is None:
        return Standing(_TO_COME)
    match StepState(step.state):
        case StepState.DONE:
            return Standing(_DONE, step_id=step.id)
        case StepState.CANCELLED:
            return Standing(_DONE, f"{RULES[StepKind(step.kind)].label}: {step.outcome}.", step.id)
        case StepState.PARKED:
            return Standing(_FAILED, step.error, step.id)
        case _:
            return Standing(_RUNNING, step.error, step.id)


# -- stop what has not begun -------------------------------------------------------------------------------------------


def _stop_look(case: Case) -> Standing:
    """What runs, or may have taken effect, must be known before the sequence goes on."""
    forward = [step for step in steps.of_order(case.session, case.order.id) if step.kind in FORWARD]
    if any(_may_be_called_off(step) for step in forward):
        return Standing(_TO_COME)
    for step in forward:
        what = RULES[StepKind(step.kind)].label
        if step.state == StepState.PARKED and step.in_doubt:
            return Standing(_FAILED, f"{what}: it is not known whether it happened. {step.error}", step.id)
        if step.state == StepState.RUNNING or (step.in_doubt and step.state in OPEN):
            return Standing(_RUNNING, f"{what} is waited for.", step.id)
    return Standing(_DONE)


def _stop(case: Case) -> None:
    for step in steps.of_order(case.session, case.order.id):
        if step.kind in FORWARD and _may_be_called_off(step):
            steps.call_off(case.session, step.id, "order cancelled")


def _may_be_called_off(step: Step) -> bool:
    """What has not begun, and a message that may or may not have gone out: no second one is sent."""
    return step.state in OPEN and (not step.in_doubt or RULES[StepKind(step.kind)].port is Port.MAIL)


# -- the parcel --------------------------------------------------------------------------------------------------------


def _labelled(case: Case) -> tuple[Shipment, Parcel] | None:
    """The shipment whose label is not voided."""
    return case.session.exec(
        select(Shipment, Parcel)
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .where(Shipment.order_id == case.order.id, Shipment.state == "labelled")
        .execution_options(populate_existing=True)
    ).first()


def _handed_over(parcel: Parcel) -> bool:
    status = TrackingStatus(parcel.status)
    return status in ORDER_EVENTS or status in (TrackingStatus.EXCEPTION, TrackingStatus.RETURNED)


def _label_look(case: Case) -> Standing:
    """A bought label is voided as long as the carrier has not got the parcel."""
    found = _labelled(case)
    if found is None:
        voided = case.session.exec(select(Shipment.id).where(Shipment.order_id == case.order.id)).first()
        return Standing(_NOT_NEEDED, "No label was bought.") if voided is None else Standing(_DONE)
    step = case.step(StepKind.SHIPMENT_VOID, str(found[0].id))
    if _handed_over(found[1]) and (step is None or step.state != StepState.RUNNING):
        return Standing(_NOT_NEEDED, "The carrier has the parcel already.")
    return _standing(step)


def _void_label(case: Case) -> None:
    found = _labelled(case)
    if found is not None:
        case.promise(StepKind.SHIPMENT_VOID, str(found[0].id))


def _return_look(case: Case) -> Standing:
    """A parcel that the carrier has cannot be called back from here: a person agrees its return with the customer."""
    agreed = [
        hold
        for hold in hold_store.all_of(case.session, case.order.id)
        if hold.kind == HoldKind.RETURN_TO_AGREE and hold.id > case.hold.id
    ]
    if agreed and agreed[-1].closed_at is None:
        return Standing(_RUNNING, "A colleague has to agree it with the customer.")
    if agreed:
        return Standing(_DONE, f"{agreed[-1].closed_by_name}: {agreed[-1].closed_reason}")
    found = _labelled(case)
    if found is None or not _handed_over(found[1]):
        return Standing(_NOT_NEEDED, "The carrier has no parcel of this order.")
    if found[1].status == TrackingStatus.RETURNED:
        return Standing(_NOT_NEEDED, "The carrier brings the parcel back.")
    return Standing(_TO_COME)


def _ask_for_return(case: Case) -> None:
    found = _labelled(case)
    number = found[1].tracking_number if found else ""
    holds.place(
        case.session,
        case.order,
        HoldKind.RETURN_TO_AGREE,
        f"The carrier has the parcel {number}; voiding its label does not call it back.",
        source=HoldSource.CHECK,
        provider=found[0].provider if found else "",
    )


# -- the money ---------------------------------------------------------------------------------------------------------


def _authorization_look(case: Case) -> Standing:
    """Money that may still be taken is let go of; where it was taken meanwhile, it is recorded and paid back."""
    order, balance = case.order, payments.balance_of(case.session, case.order.id)
    step = case.step(StepKind.PAYMENT_VOID)
    if balance.captured_minor > 0 and (step is None or step.state != StepState.RUNNING):
        return Standing(_NOT_NEEDED, "The money was captured; it is paid back instead.")
    if step is not None:
        return _standing(step)
    claimed = order.payment_mode in (PaymentMode.AUTHORIZED, PaymentMode.PAID) and order.total_minor > 0
    if balance.authorized_minor > 0 or claimed or _was_requested(case):
        return Standing(_TO_COME)
    return Standing(_NOT_NEEDED, "Nothing was authorized and nothing was asked for.")


def _was_requested(case: Case) -> bool:
    """Whether the customer may have been given a way to pay."""
    return any(
        step.kind == StepKind.PAYMENT_REQUEST and step.first_sent_at is not None
        for step in steps.of_order(case.session, case.order.id)
    )


def _void_authorization(case: Case) -> None:
    case.promise(StepKind.PAYMENT_VOID)


def _refund_look(case: Case) -> Standing:
    found = refund_store.of_order(case.session, case.order.id)
    for refund in found:
        if refund.state == "requested":
            standing = _standing(case.step(StepKind.PAYMENT_REFUND, str(refund.id)))
            return Standing(_RUNNING) if standing.settled else standing
    if refunds.refundable_minor(case.session, case.order) > 0:
        failed = _failed(found)
        if failed is None:
            return Standing(_TO_COME)
        step = case.step(StepKind.PAYMENT_REFUND, str(failed.id))
        return Standing(_FAILED, "A refund did not arrive.", step.id if step else None)
    if any(refund.state == "succeeded" for refund in found):
        return Standing(_DONE)
    captured = payments.balance_of(case.session, case.order.id).captured_minor
    return Standing(_NOT_NEEDED, "Nothing is left to pay back." if captured else "Nothing was captured.")


def _failed(found: list[Refund]) -> Refund | None:
    """A refund that did not arrive: sending the money again is for a person to decide."""
    return next((refund for refund in reversed(found) if refund.state == "failed"), None)


def _pay_back(case: Case) -> None:
    amount = refunds.refundable_minor(case.session, case.order)
    wish = RefundWish(full=True)
    refunds.request(
        case.session,
        case.order,
        wish,
        amount,
        actor=case.canceller,
        reason=case.hold.reason,
        approval_id=case.hold.facts.get("approval"),
    )


# -- documents, goods, the customer ------------------------------------------------------------------------------------


def _credit_note_look(case: Case) -> Standing:
    """Every refund of the order is credited, also those from before the cancellation."""
    invoice = documents.invoice_of(case.session, case.order.id)
    if invoice is None or invoice.issued_at is None:
        return Standing(_NOT_NEEDED, "No invoice was issued.")
    owed = [each for each in refund_store.of_order(case.session, case.order.id) if each.state == "succeeded"]
    if not owed:
        return Standing(_NOT_NEEDED, "Nothing was paid back.")
    known = credit_notes.steps_of(case.session, case.order)
    issuing = {step.subject for step in known if step.kind == StepKind.CREDIT_NOTE_ISSUE}
    if any(str(refund.id) not in issuing for refund in owed):
        return Standing(_TO_COME)
    standings = [_standing(step) for step in known]
    for state in (_FAILED, _RUNNING):
        for standing in standings:
            if standing.state is state:
                return standing
    return Standing(_DONE, " ".join(standing.detail for standing in standings if standing.detail))


def _credit(case: Case) -> None:
    credit_notes.promise_owed(case.session, case.order)


def _restock_look(case: Case) -> Standing:
    if not case.hold.facts.get("restock"):
        return Standing(_NOT_NEEDED, "Stock stays as it is.")
    reserved = stock_store.reservations(case.session, case.order.id)
    if not reserved:
        return Standing(_NOT_NEEDED, "Nothing was reserved.")
    return Standing(_TO_COME if any(stock_store.left(row) for row in reserved) else _DONE)


def _restock(case: Case) -> None:
    stock.give_back(case.session, case.order, actor=case.canceller)


def _tell_look(case: Case) -> Standing:
    return _standing(case.step(StepKind.MAIL_CANCELLED))


def _tell(case: Case) -> None:
    case.promise(StepKind.MAIL_CANCELLED)


@dataclass(frozen=True)
class Procedure:
    look: Callable[[Case], Standing]
    begin: Callable[[Case], None]


PROCEDURES: dict[Part, Procedure] = {
    Part.STOP: Procedure(_stop_look, _stop),
    Part.LABEL: Procedure(_label_look, _void_label),
    Part.AUTHORIZATION: Procedure(_authorization_look, _void_authorization),
    Part.REFUND: Procedure(_refund_look, _pay_back),
    Part.CREDIT_NOTE: Procedure(_credit_note_look, _credit),
    Part.RESTOCK: Procedure(_restock_look, _restock),
    Part.RETURN: Procedure(_return_look, _ask_for_return),
    Part.TELL: Procedure(_tell_look, _tell),
}
"""In the order in which they are settled."""

WAITED_FOR = frozenset(
    {
        StepKind.SHIPMENT_VOID,
        StepKind.PAYMENT_VOID,
        StepKind.PAYMENT_REFUND,
        *credit_notes.KINDS,
        StepKind.MAIL_CANCELLED,
    }
)
"""Steps without whose end no order is called cancelled."""
