"""What must hold after any fault, as checks over the three journals: each yields a sentence for everything that is wrong.

Numbered as in the list of invariants that campaigns refer to. An experiment that breaks the means of one on purpose
(the provider cannot be asked, say) names it in `exempt`, with the reason beside it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from backend.domain.errors import IllegalMove
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.orders import OrderEvent, OrderStatus, next_status
from tests.chaos.journals import Journals, Row

Check = Callable[[Journals], Iterator[str]]

EFFECTS = {
    "invoice.issue": "invoice.created",
    "shipment.create": "label.bought",
    "channel.update": "fulfilment.created",
}
"""What a step of ours leaves in the providers' journal; payments have entries of their own in our books."""
COMPARED = frozenset({*EFFECTS.values(), "payment.captured", "payment.refunded"})
PAYMENTS = {"payment.capture": "payment.captured", "payment.refund": "payment.refunded"}


def nothing_acknowledged_is_lost(found: Journals) -> Iterator[str]:
    kept = Counter((row["provider"], row["event_id"]) for row in found.ledger.inbox)
    known = {event_id for _, event_id in kept}
    for event_id in sorted({sent.event_id for sent in found.sent if sent.acknowledged} - known):
        yield f"event {event_id} was acknowledged and is not in the inbox"
    yield from (f"event {event_id} of {sender} is kept {n} times" for (sender, event_id), n in kept.items() if n > 1)


def every_order_is_there_once(found: Journals) -> Iterator[str]:
    counts = Counter(str(order["external_id"]) for order in found.ledger.orders)
    for external_id, count in counts.items():
        if count > 1:
            yield f"order {external_id} is there {count} times"
        if external_id not in found.known:
            yield f"order {external_id} was never sent"
    quarantined = {row["event_id"] for row in found.ledger.inbox if row["verdict"] == "quarantined"}
    for sent in found.sent:
        if sent.acknowledged and sent.order not in counts and sent.event_id not in quarantined:
            counts[sent.order] = 0
            yield f"order {sent.order} was acknowledged and does not exist"


def money_moved_once_and_adds_up(found: Journals) -> Iterator[str]:
    captures = Counter(str(one["external_order"]) for one in found.effects if one["kind"] == "payment.captured")
    for external_id, count in captures.items():
        if count > 1:
            yield f"order {external_id} was charged {count} times"
    paid_back = Counter(str(one["external_order"]) for one in found.effects if one["kind"] == "payment.refunded")
    decided = Counter(found.ledger.external_id(one["order_id"]) for one in found.ledger.refunds)
    for external_id, count in paid_back.items():
        if count > decided[external_id]:
            yield f"order {external_id} was paid back {count} times, {decided[external_id]} refunds were decided"
    outside: Counter[tuple[str, str]] = Counter()
    for effect in found.effects:
        sign = {"payment.captured": 1, "payment.refunded": -1}.get(effect["kind"], 0)
        outside[str(effect["external_order"]), effect["currency"] or ""] += sign * (effect["amount_minor"] or 0)
    ours: Counter[tuple[str, str]] = Counter()
    for entry in found.ledger.entries:
        sign = {"captured": 1, "refunded": -1}.get(entry["kind"], 0)
        ours[found.ledger.external_id(entry["order_id"]), entry["currency"]] += sign * entry["amount_minor"]
    for place in sorted(outside.keys() | ours.keys()):
        if outside[place] != ours[place]:
            yield f"order {place[0]}: the provider holds {outside[place]} {place[1]} (minor units), our books {ours[place]}"


def documents_are_there_once_without_gaps(found: Journals) -> Iterator[str]:
    for kind in ("invoice.created", "credit.created"):
        yield from _more_than(found, kind, _allowed_documents(found, kind))
    for series in {row["series"] for row in found.ledger.invoices}:
        numbers = [row["sequence"] for row in found.ledger.invoices if row["series"] == series]
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"the numbers of series {series} have a gap or a repeat: {sorted(numbers)}"
    per_order = Counter(row["order_id"] for row in found.ledger.invoices if row["kind"] == "invoice")
    yield from (
        f"order {found.ledger.external_id(one)} has {count} invoices" for one, count in per_order.items() if count > 1
    )


def _allowed_documents(found: Journals, kind: str) -> dict[str, int]:
    if kind == "invoice.created":
        return {}
    settled = [found.ledger.external_id(one["order_id"]) for one in found.ledger.refunds if one["state"] == "succeeded"]
    return {external_id: max(1, count) for external_id, count in Counter(settled).items()}


def parcels_leave_once_and_only_when_paid(found: Journals) -> Iterator[str]:
    for external_id, effects in found.effects_by_order().items():
        kinds = Counter(effect["kind"] for effect in effects)
        labels = kinds["label.bought"] - kinds["label.voided"]
        if labels > 1:
            yield f"order {external_id} has {labels} labels that count"
        if labels > 0 and not kinds["payment.captured"]:
            yield f"order {external_id} was shipped unpaid"
        if kinds["fulfilment.created"] > 1:
            yield f"the shop was told {kinds['fulfilment.created']} times that order {external_id} was shipped"
    yield from _held_and_labelled(found)
    labelled = {str(one["external_order"]) for one in found.effects if one["kind"] == "label.bought"}
    voided = {str(one["external_order"]) for one in found.effects if one["kind"] == "label.voided"}
    for order in found.ledger.orders:
        if order["status"] == "cancelled" and str(order["external_id"]) in labelled - voided:
            yield f"order {order['external_id']} is cancelled and has a label"


def _held_and_labelled(found: Journals) -> Iterator[str]:
    """Labels that were asked for while a hold that is still open was open already."""
    labels = [one for one in found.ledger.steps if one["kind"] == "shipment.create" and one["first_sent_at"]]
    for hold in found.ledger.open_holds:
        placed = datetime.fromisoformat(hold["placed_at"])
        began = [one["first_sent_at"] for one in labels if one["order_id"] == hold["order_id"]]
        if any(datetime.fromisoformat(moment) > placed for moment in began):
            yield f"order {found.ledger.external_id(hold['order_id'])} is held ({hold['kind']}) and a label was asked for"


def nothing_is_stuck(found: Journals) -> Iterator[str]:
    if found.quiet is None:
        yield "there was still work to do when patience ended"
    for step in found.ledger.steps:
        if step["state"] in ("ready", "running"):
            yield f"step {step['key']} is {step['state']}: {step['outcome']} {step['error'][:80]}".rstrip()
    held = {hold["order_id"] for hold in found.ledger.open_holds}
    waiting = {step["order_id"] for step in found.ledger.steps if step["state"] == "waiting"}
    for order in found.ledger.orders:
        rests = order["status"] in ("delivered", "cancelled", "refunded")
        if not rests and order["id"] not in held | waiting:
            yield f"order {order['external_id']} is {order['status']} and nothing holds it"


def holds_are_explained_and_needed(found: Journals) -> Iterator[str]:
    steps = {step["id"]: step for step in found.ledger.steps}
    happened = {(str(one["external_order"]), one["kind"]) for one in found.effects}
    for hold in found.ledger.open_holds:
        external_id = found.ledger.external_id(hold["order_id"])
        rule = CATALOGUE.get(HoldKind(hold["kind"]))
        if rule is None or not rule.advice or not hold["reason"]:
            yield f"order {external_id} is held without a reason or without advice"
        step = steps.get(hold["step_id"])
        if step is not None and (external_id, (EFFECTS | PAYMENTS).get(step["kind"])) in happened:
            yield f"order {external_id} is held for {step['kind']} ({hold['kind']}), which the provider has accepted"


def history_explains_the_present(found: Journals) -> Iterator[str]:
    moves: dict[int, list[Row]] = {order["id"]: [] for order in found.ledger.orders}
    for entry in found.ledger.timeline:
        if entry["kind"] == "order:moved":
            moves[entry["order_id"]].append(entry["data"])
    for order in found.ledger.orders:
        status = OrderStatus.PENDING
        try:
            for move in moves[order["id"]]:
                if move["from"] != status:
                    yield f"order {order['external_id']}: a move from {move['from']} while it was {status}"
                status = next_status(OrderStatus(move["from"]), OrderEvent(move["event"]))
        except IllegalMove as illegal:
            yield f"order {order['external_id']}: {illegal.sentence}"
        if status != order["status"]:
            yield f"order {order['external_id']} is {order['status']}; its history says {status}"


def every_change_is_written_down_once(found: Journals) -> Iterator[str]:
    told = Counter(
        (entry["order_id"], entry["data"].get("reference"))
        for entry in found.ledger.timeline
        if entry["kind"] == "payment:recorded"
    )
    for entry in found.ledger.entries:
        count = told[entry["order_id"], entry["reference"]]
        if entry["kind"] in ("captured", "refunded") and count != 1:
            yield f"order {found.ledger.external_id(entry['order_id'])}: {entry['kind']} is told {count} times"
    numbers = {order["id"]: order["number"] for order in found.ledger.orders}
    written = Counter(
        numbers[entry["order_id"]] for entry in found.ledger.audit if entry["order_id"] and entry["action_token"]
    )
    answered = Counter(number for number, _ in {(one.number, one.token) for one in found.clicks if one.status == 200})
    tried = Counter(number for number, _ in {(one.number, one.token) for one in found.clicks})
    for number in sorted(tried.keys() | written.keys()):
        if not answered[number] <= written[number] <= tried[number]:
            yield f"{number}: {answered[number]} actions were answered, {written[number]} are in the audit"


def effects_are_in_order(found: Journals) -> Iterator[str]:
    for external_id, effects in found.effects_by_order().items():
        first: dict[str, int] = {}
        for effect in effects:
            first.setdefault(effect["kind"], effect["id"])
        paid = first.get("payment.captured", float("inf"))
        for kind in ("invoice.created", "label.bought", "payment.refunded"):
            if kind in first and first[kind] < paid:
                yield f"order {external_id}: {kind} came before its payment"


def both_sides_know_the_same(found: Journals) -> Iterator[str]:
    """Reconciliation: what the providers accepted is what our ledger says, effect by effect."""
    outside = Counter((str(one["external_order"]), one["kind"]) for one in found.effects if one["external_order"])
    ours: Counter[tuple[str, str]] = Counter()
    for step in found.ledger.steps:
        if step["kind"] in EFFECTS and step["state"] == "done" and "not_needed" not in step["result"]:
            ours[found.ledger.external_id(step["order_id"]), EFFECTS[step["kind"]]] += 1
    for entry in found.ledger.entries:
        ours[found.ledger.external_id(entry["order_id"]), f"payment.{entry['kind']}"] += 1
    paid_elsewhere = {
        (found.ledger.external_id(step["order_id"]), "payment.captured")
        for step in found.ledger.steps
        if step["kind"] == "payment.verify"
    }
    for place in sorted(outside.keys() | ours.keys()):
        if place[1] in COMPARED and outside[place] != ours[place] and place not in paid_elsewhere:
            yield f"order {place[0]}: {place[1]} is {outside[place]} times outside, {ours[place]} times in our ledger"


def nothing_personal_is_in_the_open(found: Journals) -> Iterator[str]:
    yield from found.leaks


def nobody_met_a_bug(found: Journals) -> Iterator[str]:
    for status, count in Counter(sent.status for sent in found.sent).items():
        if status is not None and status >= 500 and status != 503:
            yield f"{count} deliveries were answered {status}"


CHECKS: dict[str, Check] = {
    "I1": nothing_acknowledged_is_lost,
    "I2": every_order_is_there_once,
    "I3": money_moved_once_and_adds_up,
    "I4": documents_are_there_once_without_gaps,
    "I5": parcels_leave_once_and_only_when_paid,
    "I6": nothing_is_stuck,
    "I7": holds_are_explained_and_needed,
    "I8": history_explains_the_present,
    "I9": every_change_is_written_down_once,
    "I10": effects_are_in_order,
    "I11": both_sides_know_the_same,
    "I12": nothing_personal_is_in_the_open,
    "I13": nobody_met_a_bug,
}
SHOWN = 5


def findings(found: Journals, *, exempt: Iterable[str] = ()) -> list[str]:
    """Everything that is wrong, each with the invariant's number; of many alike the first few, and how many more."""
    wrong: list[str] = []
    for name, check in CHECKS.items():
        if name not in exempt:
            said = list(check(found))
            wrong += [f"{name} {sentence}" for sentence in said[:SHOWN]]
            if len(said) > SHOWN:
                wrong.append(f"{name} … and {len(said) - SHOWN} more")
    return wrong


def _more_than(found: Journals, kind: str, allowed: dict[str, int]) -> Iterator[str]:
    counts = Counter(str(one["external_order"]) for one in found.effects if one["kind"] == kind)
    for external_id, count in counts.items():
        if count > allowed.get(external_id, 1):
            yield f"order {external_id} has {kind} {count} times outside"
