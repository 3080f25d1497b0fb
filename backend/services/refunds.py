"""The refund click: full, by amount, or by lines and shipping; never more than what was captured less what went back."""

from collections.abc import Sequence

from sqlmodel import Session

from backend import clock
from backend.domain import refunds as rules
from backend.domain.approvals import ApprovalAction
from backend.domain.desk import ActionDone, Preview
from backend.domain.money import allocate, display
from backend.domain.permissions import SYSTEM, Actor, Area, Level
from backend.domain.refunds import Earlier, Line, Paid, RefundWish
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.services import clicks, second_person, stock
from backend.store import orders, payments, refunds, steps, timeline
from backend.store import stock as stock_store
from backend.store.tables import Order, Refund


def preview_refund(session: Session, number: str, wish: RefundWish, *, actor: Actor) -> Preview:
    """What this refund would pay back, and what would be left."""
    actor.require(Area.MONEY, Level.ACT, "refund orders")
    order = orders.by_number(session, number)
    amount, refusal = _decide(session, order, wish)
    left = refundable_minor(session, order) - amount
    wanted = second_person.refund(session, order, amount, actor, ApprovalAction.REFUND, second_person.of_wish(wish))
    effects = [
        *wanted.effects,
        f"{display(amount, order.currency)} is paid back the way it was paid.",
        _afterwards(left, order.currency),
        _stock_sentence(wish),
        "The customer is told by mail.",
    ]
    return clicks.preview(
        session,
        order,
        "refund",
        "Refund",
        tuple(effects),
        actor=actor,
        refusal=refusal or second_person.refusal(session, order, wanted),
        needs_reason=True,
        asks=bool(wanted.why),
    )


def _afterwards(left_minor: int, currency: str) -> str:
    if left_minor <= 0:
        return "Nothing is left to be paid back afterwards."
    return f"{display(left_minor, currency)} may still be paid back afterwards."


def _stock_sentence(wish: RefundWish) -> str:
    if wish.restock:
        return "The goods go back to stock."
    back, pieces = sum(wish.restocked.values()), sum(wish.lines.values())
    return f"{back} of {pieces} pieces go back to stock." if back else "Stock stays as it is."


def refund(
    session: Session,
    number: str,
    wish: RefundWish,
    *,
    actor: Actor,
    version: int,
    token: str,
    reason: str,
    approval_id: int | None = None,
) -> ActionDone:
    """Decide a refund and promise its step; the amount is reserved from this moment on.

    Above the limit a second person is asked instead; `approval_id` is the request that they have approved.
    """
    actor.require(Area.MONEY, Level.ACT, "refund orders")
    order = orders.lock_by_number(session, number)
    if clicks.carried_out(session, order, "refund", token, actor):
        return second_person.repeated(session, token, "This refund is already on its way.")
    amount, refusal = _decide(session, order, wish)
    clicks.check(session, order, version, refusal, actor=actor)
    why = clicks.reasoned(reason, "refund")
    wanted = second_person.refund(session, order, amount, actor, ApprovalAction.REFUND, second_person.of_wish(wish))
    if wanted.why and approval_id is None:
        shown = preview_refund(session, number, wish, actor=actor)
        return second_person.ask(session, order, wanted, shown, actor=actor, token=token, reason=why)
    request(session, order, wish, amount, actor=actor, reason=why, approval_id=approval_id)
    details = {
        "amount_minor": amount,
        "currency": order.currency,
        "restock": wish.restock or any(wish.restocked.values()),
        **({"approval": approval_id} if approval_id else {}),
    }
    clicks.audit(session, order, "refund", actor=actor, token=token, reason=why, details=details)
    return ActionDone(f"{display(amount, order.currency)} is being paid back.")


def request(
    session: Session,
    order: Order,
    wish: RefundWish,
    amount: int,
    *,
    actor: Actor,
    reason: str,
    approval_id: int | None = None,
) -> Refund:
    """Write the decision, its timeline entry and its step; the caller has locked the order and checked the amount."""
    now = clock.now()
    decided = refunds.request(
        session,
        order,
        amount_minor=amount,
        lines=[
            {"position": position, "quantity": quantity, "restock": wish.back_to_stock(position)}
            for position, quantity in wish.lines.items()
        ],
        shipping_minor=order.shipping_minor if wish.shipping else 0,
        reason=reason,
        restock=wish.restock or any(wish.restocked.values()),
        requested_by=actor.id,
        at=now,
        approval_id=approval_id,
    )
    timeline.add(
        session,
        order.id,
        TimelineKind.REFUND_REQUESTED,
        f"Refund of {display(amount, order.currency)} decided. Reason: {reason}",
        actor=actor,
        at=now,
        weight=Weight.MILESTONE,
        data={"refund_id": decided.id, "amount_minor": amount, "currency": order.currency},
    )
    steps.promise(session, order, StepKind.PAYMENT_REFUND, at=now, subject=str(decided.id), requested_by=actor.id)
    return decided


def refundable_minor(session: Session, order: Order) -> int:
    """Captured, less what went back, less what is on its way back, less what the customer's bank disputes or took."""
    return payments.balance_of(session, order.id).refundable_minor - refunds.on_its_way_minor(session, order.id)


def refundable_of(session: Session, order_ids: Sequence[int]) -> dict[int, int]:
    """`refundable_minor` of many orders, in two statements however many there are."""
    balances, leaving = payments.balances_of(session, order_ids), refunds.on_their_way_minor(session, order_ids)
    return {
        order_id: (balances[order_id].refundable_minor if order_id in balances else 0) - leaving.get(order_id, 0)
        for order_id in order_ids
    }


def amount_of(session: Session, order: Order, wish: RefundWish) -> int:
    """What the wish comes to now."""
    return rules.amount(wish, _paid(session, order))


def _decide(session: Session, order: Order, wish: RefundWish) -> tuple[int, str]:
    """The amount and, where it is not possible, why."""
    paid = _paid(session, order)
    amount = rules.amount(wish, paid)
    return amount, rules.refusal(wish, amount, paid)


def _paid(session: Session, order: Order) -> Paid:
    """What the order's refunds are measured against."""
    return Paid(
        currency=order.currency,
        lines=paid_lines(session, order),
        shipping_minor=order.shipping_minor,
        refundable_minor=refundable_minor(session, order),
        disputed_minor=payments.balance_of(session, order.id).contested_minor,
        earlier=_earlier(session, order),
    )


def _earlier(session: Session, order: Order) -> list[Earlier]:
    """Refunds that stand, with the names of those who decided them."""
    who = refunds.deciders(session, order.id)
    return [
        Earlier(
            who.get(refund.id, refund.requested_by),
            {line["position"]: line["quantity"] for line in refund.lines},
            refund.shipping_minor > 0,
        )
        for refund in refunds.of_order(session, order.id)
        if refund.state != "failed"
    ]


def paid_lines(session: Session, order: Order) -> list[Line]:
    """What the customer paid for each line. Tax that was only given for the whole order is shared out by the lines."""
    items = orders.items(session, order.id)
    taxes = [0] * len(items)
    if not order.taxes_included and order.tax_minor:
        own = [item.tax_minor for item in items]
        weights = own if sum(own) else [item.total_minor for item in items]
        taxes = allocate(order.tax_minor, weights) if sum(weights) else taxes
    away = _away(session, order)
    return [
        Line(item.position, item.quantity, item.total_minor + tax, away.get(item.id))
        for item, tax in zip(items, taxes, strict=True)
    ]


def _away(session: Session, order: Order) -> dict[int, int]:
    """Per item id, the pieces that can still be given back: not those that a refund on its way brings back."""
    away = {held.order_item_id: stock_store.left(held) for held in stock_store.reservations(session, order.id)}
    coming: dict[int, int] = {}
    for refund in refunds.of_order(session, order.id):
        for line in refund.lines if refund.state == "requested" else ():
            coming[line["position"]] = coming.get(line["position"], 0) + line.get("restock", 0)
    ids = {item.position: item.id for item in orders.items(session, order.id)}
    for position, pieces in coming.items():
        if ids[position] in away:
            away[ids[position]] = max(0, away[ids[position]] - pieces)
    return away


def restock(session: Session, order: Order, refund: Refund) -> None:
    """The money is back: so are the goods that the decision named; all that are away where it named no lines."""
    if not refund.lines:
        if refund.restock:
            stock.give_back(session, order, actor=SYSTEM)
        return
    ids = {item.position: item.id for item in orders.items(session, order.id)}
    stock.give_back(
        session, order, actor=SYSTEM, pieces={ids[line["position"]]: line.get("restock", 0) for line in refund.lines}
    )
