"""Which defence each mutant takes out, and the smallest experiment that must fail then, and passes otherwise."""

from collections import Counter
from dataclasses import dataclass

from backend import failpoints
from tests.chaos import campaign_a
from tests.chaos.experiment import Experiment, Field
from tests.chaos.journals import Journals
from tests.waiting import until

LATE_COMMIT = 4.0
"""Seconds: a lease and the time that others take to notice that it is over."""
LOST = (("invoiceninja", "invoice"), ("shipengine", "label"), ("shopify", "fulfilment"))


def answers_lost(field: Field) -> None:
    """Each order's invoice, label and fulfilment are accepted, and the answer is cut."""
    for provider, operation in LOST:
        field.site.fault(provider=provider, operation=operation, fault="accept_then_cut", times=field.orders)
    field.driver.place(field.orders)
    _when_finished(field)


def labels_accepted_late(field: Field) -> None:
    """The label is bought a second after the answer said that it was not, and before the provider's declared delay."""
    field.site.fault(
        provider="shipengine", operation="label", fault="accept_late", delay_seconds=1.0, times=field.orders
    )
    field.driver.place(field.orders)
    _when_finished(field)


def refunds_accepted_late(field: Field) -> None:
    """Stripe pays back later than it declares: the question finds no trace, and only the key is left."""
    field.driver.place(field.orders, financial_status="pending")
    until(lambda: _delivered(field) == field.orders, within=60, what="the orders are paid and delivered")
    field.site.fault(provider="stripe", operation="refund", fault="accept_late", delay_seconds=4.0, times=field.orders)
    for serial in range(1, field.orders + 1):
        clicked = field.driver.click(field.site.number_of(serial), "refund", {"amount_minor": 100})
        field.require(clicked.status == 200, f"the refund was not taken: {clicked}")
    _when_finished(field)


def put_aside(field: Field) -> None:
    """Workers stop for longer than the lease, and whoever takes their steps over is slow: they meet in mid-call."""
    for provider, operation in LOST:
        field.site.fault(provider=provider, operation=operation, fault="slow", delay_seconds=0.7)
    field.driver.place(field.orders)
    until(field.finished, within=60, what="every order has come to an end", every=0.2)
    field.fault("stopped for longer than the lease", count=sum(field.site.strikes().values()))


def claims_confirmed_late(field: Field) -> None:
    """Now and then the answer to a COMMIT comes later than the lease lasts, and another worker has taken over by then."""
    for provider, operation in LOST:
        field.site.fault(provider=provider, operation=operation, fault="slow", delay_seconds=0.7)
    link = field.site.links["database"]
    link.hold_answer = lambda said: LATE_COMMIT if b"COMMIT" in said and field.chance.random() < 0.1 else 0.0
    field.driver.place(field.orders)
    until(field.finished, within=90, what="every order has come to an end", every=0.2)
    link.hold_answer = None
    field.fault("answers to COMMIT held up for longer than the lease", count=link.held)


def no_step_is_done_twice(field: Field, found: Journals) -> None:
    """Whoever hears of a claim too late calls nobody; mails count as well."""
    done = Counter(attempt["step_id"] for attempt in found.ledger.attempts if attempt["outcome"] == "ok")
    twice = [step["key"] for step in found.ledger.steps if done[step["id"]] > 1]
    field.require(not twice, f"done by two workers: {', '.join(twice)}")


def clocks_apart(field: Field) -> None:
    """One worker's clock is a minute fast, and calls take a while."""
    for provider, operation in LOST:
        field.site.fault(provider=provider, operation=operation, fault="slow", delay_seconds=0.6)
    field.site.worker_mutants = ("skewed_clock",)
    field.site.replace_worker(0)
    field.fault("the clock of worker 0 is a minute fast")
    field.driver.place(field.orders)
    until(field.finished, within=60, what="every order has come to an end")


def nobody_is_disturbed(field: Field, found: Journals) -> None:
    """No worker dies here, so none may lose a step to another."""
    taken = sum(attempt["outcome"] == "unfinished" for attempt in found.ledger.attempts)
    field.require(not taken, f"{taken} steps were taken away from workers that were at work on them")


def web_killed_before_commit(field: Field) -> None:
    with field.site.kept():
        field.driver.place_in_background(field.orders)
        until(
            lambda: field.site.strikes()[failpoints.INBOX_BEFORE_COMMIT] >= 3 or field.finished(),
            within=60,
            what="the web process was killed a few times",
            every=0.1,
        )
        field.site.web_failpoints = ""
        field.site.restart_web()
        field.driver.wait()
    field.fault("killed before the commit", count=field.site.strikes()[failpoints.INBOX_BEFORE_COMMIT])


def delivered_many_times(field: Field) -> None:
    """Every event is delivered five times at once."""
    orders = [field.driver.order(serial) for serial in range(1, field.orders + 1)]
    field.driver.each(field.driver.send, [order for order in orders for _ in range(5)])
    field.driver.wait()
    for order in orders:
        field.driver.send_until_taken(order)
    field.fault("events repeated", count=len(field.driver.sent) - len(orders))


def declined(field: Field) -> None:
    field.site.fault(provider="shopify", operation="capture", fault="decline")
    field.driver.place(field.orders)
    until(lambda: _hits(field) >= field.orders, within=30, what="every capture was declined")
    field.fault("declined", count=_hits(field))


def each_is_held_once(field: Field, found: Journals) -> None:
    held = [hold for hold in found.ledger.open_holds if hold["kind"] == "payment_declined"]
    field.require(len(held) == field.orders, f"{len(held)} of {field.orders} declined orders are held")


def held_orders(field: Field) -> None:
    """Orders whose address a check finds wrong."""
    for serial in range(1, field.orders + 1):
        order = field.driver.order(serial)
        order["shipping_address"]["zip"] = "1"
        field.site.register(order)
        field.driver.send_until_taken(order)
    field.fault("orders with a wrong postcode", count=field.orders)


def many_clicks(field: Field) -> None:
    """One refund of all is pressed by twenty at once, with one token."""
    field.driver.place(field.orders)
    until(field.finished, within=60, what="there are orders to pay back")
    for serial in range(1, field.orders + 1):
        number = field.site.number_of(serial)
        chosen = {"amount_minor": 100}
        shown = field.driver.preview(number, "refund", chosen)
        assert shown is not None
        body = {**chosen, "version": shown["version"], "token": shown["token"], "reason": "pressed by many"}
        field.driver.each(lambda _, number=number, body=body: field.driver.carry_out(number, "refund", body), range(20))
        field.driver.wait()
        field.fault(f"20 clicks on {number}", count=20)


def one_refund_each(field: Field, found: Journals) -> None:
    field.require(
        len(found.ledger.refunds) == field.orders, f"{len(found.ledger.refunds)} refunds of {field.orders} orders"
    )


def _when_finished(field: Field) -> None:
    until(field.finished, within=60, what="every order has come to an end", every=0.1)
    field.fault("answers lost", count=_hits(field))


def _hits(field: Field) -> int:
    faults = field.site.http.get(f"{field.site.sandbox}/control/faults").json()["faults"]
    return sum(fault["hits"] for fault in faults)


def _delivered(field: Field) -> int:
    count: int = field.site.value("select count(*) from orders where status = 'delivered'")
    return count


_LOST = Experiment("M-lost", "Answers lost", 3, 9, answers_lost)
_LATE = Experiment("M-late", "Labels accepted late", 3, 3, labels_accepted_late)
_LATE_REFUNDS = Experiment("M-key", "Refunds accepted later than declared", 2, 2, refunds_accepted_late)
_LATE_CLAIMS = Experiment(
    "M-commit",
    "COMMIT answered after the lease, slow calls",
    16,
    20,
    claims_confirmed_late,
    no_step_is_done_twice,
    links=("database",),
)
_HELD_UP = {"workers": 3, "failpoints": "intent.after_commit=stop:2.6:0.12@{seed}"}
_BACK = Experiment("M-back", "Put aside before calls, slow calls", 12, 3, put_aside, site=_HELD_UP)
_CLOCKS = Experiment("M-clock", "Clocks apart", 16, 1, clocks_apart, nobody_is_disturbed)
_KILLER = next(one for one in campaign_a.EXPERIMENTS if one.id == "F47")
_QUEUE = Experiment("M-queue", "The queue is emptied", 8, 1, campaign_a.queue_emptied)
_ACK = Experiment(
    "M-ack", "Web killed before the commit", 8, 3, web_killed_before_commit,
    site={"web_failpoints": "inbox.before_commit=kill:0.4@{seed}"},
)  # fmt: skip
_REPEATED = Experiment("M-twice", "Events repeated", 4, 12, delivered_many_times)
_DECLINED = Experiment("M-hold", "Captures declined", 2, 2, declined, each_is_held_once)
_HELD = Experiment("M-gate", "Orders held at the door", 2, 2, held_orders)
_CLICKS = Experiment("M-click", "Twenty clicks with one token", 3, 60, many_clicks, one_refund_each)


@dataclass(frozen=True)
class Mutant:
    """`modules`: what is taken out together. `redundant`: why the others hold without it, where they do."""

    name: str
    defence: str
    modules: tuple[str, ...]
    experiment: Experiment
    redundant: str = ""
    fast: bool = False


MUTANTS = (
    Mutant("no_ask", "ask before repeating", ("no_ask",), _LOST, fast=True),
    Mutant("random_key", "a key for the intention", ("random_key",), _LATE_REFUNDS),
    Mutant("no_grace", "grace before asking", ("no_grace",), _LATE, fast=True),
    Mutant("no_key", "the provider's idempotency key", ("no_key",), _LATE_REFUNDS),
    Mutant("no_fence", "the fencing token", ("no_fence",), _BACK),
    Mutant("late_deadline", "a deadline that counts from the claim", ("late_deadline",), _LATE_CLAIMS),
    Mutant("app_clock", "leases on the database's clock", ("app_clock",), _CLOCKS),
    Mutant("counted_late", "tries counted at the claim", ("counted_late",), _KILLER),
    Mutant("queue_alone", "the ledger's sweep behind the queue", ("queue_alone",), _QUEUE),
    Mutant("ack_before_commit", "no acknowledgement before the commit", ("ack_before_commit",), _ACK, fast=True),
    Mutant("no_inbox_key", "one inbox row for an event", ("no_inbox_key",), _REPEATED, fast=True),
    Mutant("rollback_on_hold", "outcome and hold in one transaction", ("rollback_on_hold",), _DECLINED),
    Mutant("no_gate", "the gate before every gated step", ("no_gate",), _HELD, fast=True),
    Mutant("no_refund_guards", "lock and keys of refunds", ("no_refund_lock", "no_refund_key"), _CLICKS),
    Mutant(
        "no_refund_key", "unique keys of refunds and tokens", ("no_refund_key",), _CLICKS,
        redundant="who decides a refund has locked the order, and looks for the token under that lock",
    ),
    Mutant(
        "no_refund_lock", "the order's lock while a refund is decided", ("no_refund_lock",), _CLICKS,
        redundant="the token is unique in the database, so the second of two decisions is rolled back",
    ),
)  # fmt: skip
