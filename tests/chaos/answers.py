"""Answers of providers that are lost, put off, refused, endless or told by webhook; experiments of campaign B."""

from tests.chaos.experiment import Field
from tests.chaos.journals import Journals
from tests.chaos.measures import (
    between,
    delivered,
    follow_ups,
    hits,
    p95,
    patience,
    tries,
)
from tests.waiting import until

WRITES = (("shopify", "capture"), ("invoiceninja", "invoice"), ("shipengine", "label"), ("shopify", "fulfilment"))
WRITTEN = ("payment.capture", "invoice.issue", "shipment.create", "channel.update")
"""The calls of an order that change something outside, and the steps that make them."""

UNHURRIED = {"HOLDFAST_STEP_DEADLINE": "10"}
"""Where a call that is late because the machine is busy would be taken for the fault that is looked at."""

LOST = {"accept_then_hang": 0.08, "accept_then_cut": 0.04, "accept_then_500": 0.04}
BUSY = {"unavailable": 0.03}
RETRY_AFTER = 2.0


# F10 to F13


def answers_lost_and_put_off(field: Field) -> None:
    """Accepted and then hanging (F10), cut (F11) or a 500 (F12), and 503 with Retry-After (F13), over the same orders."""
    for kind, chance in (LOST | BUSY).items():
        for provider, operation in WRITES:
            field.site.fault(provider=provider, operation=operation, fault=kind, chance=chance)
    field.driver.place(field.orders, within=120)
    until(field.finished, within=patience(field, 90), every=0.2, what="every order came to its end")
    struck = hits(field.site)
    for kind in LOST | BUSY:
        field.notes[kind] = sum(number for (_, name), number in struck.items() if name == kind)
    # A run in which one of them hardly struck proves nothing about it: then none is reported.
    if min(field.notes[kind] for kind in LOST | BUSY) >= field.orders // 20:
        for kind in LOST | BUSY:
            field.fault(f"{kind}, {field.notes[kind]} times", count=field.notes[kind])


def doubts_are_settled_by_asking(field: Field, found: Journals) -> None:
    limit = patience(field, 10)
    for step, attempts in tries(found, *WRITTEN):
        doubtful = [attempt for attempt in attempts if attempt["outcome"] == "in_doubt"]
        if doubtful and step["done_at"]:
            took = between(doubtful[0]["finished_at"], step["done_at"])
            field.require(took <= limit, f"{step['key']} was in doubt for {took:.1f} s, {limit:.1f} s at most")
    for step, _, later in follow_ups(found, "in_doubt", *WRITTEN):
        field.require(later["asked_first"], f"{step['key']} was repeated without a question")
    for step, earlier, later in follow_ups(found, "deferred", *WRITTEN):
        waited = between(earlier["finished_at"], later["started_at"])
        field.require(
            waited >= RETRY_AFTER, f"{step['key']} was repeated {waited:.2f} s after a 503 that asked for 2 s"
        )
    outcomes = [attempt["outcome"] for attempt in found.ledger.attempts]
    field.notes["in doubt, asked"] = outcomes.count("in_doubt"), sum(a["asked_first"] for a in found.ledger.attempts)
    lost = sum(field.notes[kind] for kind in LOST)
    field.require(
        outcomes.count("in_doubt") >= lost, f"{lost} answers were lost, {outcomes.count('in_doubt')} in doubt"
    )
    field.require(not found.ledger.holds, f"{len(found.ledger.holds)} holds for what was only an answer lost")


# F20

REFUSED = (
    ("shopify", "capture", "refuse", "payment_refused", "refused"),
    ("shopify", "capture", "decline", "payment_declined", "declined"),
    ("shipengine", "label", "insufficient_funds", "carrier_funds", "insufficient_funds"),
)


def providers_say_no(field: Field) -> None:
    """A refusal with a reason for each order: a 4xx, or an answer that says declined."""
    for serial in range(1, field.orders + 1):
        provider, operation, kind, _, _ = REFUSED[serial % len(REFUSED)]
        order = field.driver.order(serial)
        field.site.fault(provider=provider, operation=operation, fault=kind, order=str(order["id"]))
        field.driver.each(field.driver.send_until_taken, [order])
    field.driver.wait()
    until(field.finished, within=patience(field, 40), every=0.1, what="every order is held")
    for (provider, kind), count in hits(field.site).items():
        field.fault(f"{provider}: {kind}, {count} times", count=count)


def one_try_and_a_hold(field: Field, found: Journals) -> None:
    steps = {step["id"]: (step, attempts) for step, attempts in tries(found)}
    field.require(len(found.ledger.open_holds) == field.orders, f"{len(found.ledger.open_holds)} orders are held")
    by_kind = {kind: words for *_, kind, words in REFUSED}
    for hold in found.ledger.open_holds:
        step, attempts = steps[hold["step_id"]]
        words = by_kind.get(hold["kind"], "\0")
        field.require(words in hold["reason"], f"{hold['kind']}: {hold['reason']}")
        # A machine that is busy may lose an answer; after the refusal nothing was tried.
        outcomes = [attempt["outcome"] for attempt in attempts]
        field.require(outcomes.index("rejected") == len(outcomes) - 1, f"{step['key']} came to {', '.join(outcomes)}")
        took = between(attempts[-1]["started_at"], hold["placed_at"])
        field.require(took <= patience(field, 5), f"{step['key']} was held {took:.1f} s after it was tried")


# F21


def providers_ask_us_to_wait(field: Field) -> None:
    """Every order's capture and label meet a 429 with Retry-After once."""
    for serial in range(1, field.orders + 1):
        order = field.driver.order(serial)
        for provider, operation in (("shopify", "capture"), ("shipengine", "label")):
            field.site.fault(
                provider=provider, operation=operation, fault="rate_limit", order=str(order["id"]), times=1
            )
        field.driver.each(field.driver.send_until_taken, [order])
    field.driver.wait()
    until(field.finished, within=patience(field, 60), every=0.1, what="every order came to its end")
    field.fault("429", count=sum(hits(field.site).values()))


def waited_as_told(field: Field, found: Journals) -> None:
    waits = [
        between(earlier["finished_at"], later["started_at"]) for _, earlier, later in follow_ups(found, "deferred")
    ]
    field.notes["waits"] = f"{min(waits, default=0):.2f} to {max(waits, default=0):.2f} s"
    # A fifth more, and the pause until the next sweep looks.
    limit = patience(field, RETRY_AFTER * 1.2 + 0.6)
    field.require(len(waits) >= 2 * field.orders, f"only {len(waits)} calls were repeated after a 429")
    field.require(all(wait >= RETRY_AFTER for wait in waits), f"a 429 was repeated after {min(waits, default=0):.2f} s")
    field.require(p95(waits) <= limit, f"a 429 that asked for 2 s was repeated after {p95(waits):.2f} s")
    field.require(not found.ledger.incidents, "a breaker opened because a provider asked us to wait")
    for step, attempts in tries(found):
        only_waited = [attempt["outcome"] for attempt in attempts] == ["deferred", "ok"]
        field.require(step["attempts"] == 1 or not only_waited, f"waiting was counted as a failure of {step['key']}")


# F24


def webhooks_come_when_they_like(field: Field) -> None:
    """What Stripe and the carrier tell us comes before, with or after the answers to our own calls, twice, out of order.

    Orders are paid by their customers at Stripe, delivered, and paid back in full.
    """
    for kind, chance, more in (
        ("webhook_early", 0.3, {}),
        ("webhook_late", 0.4, {"delay_seconds": 1.5}),
        ("webhook_duplicate", 0.5, {}),
        ("webhook_out_of_order", 0.5, {"delay_seconds": 2.0}),
    ):
        for provider in ("stripe", "shipengine"):
            field.site.fault(provider=provider, operation="webhook", fault=kind, chance=chance, **more)
    field.site.fault(provider="shipengine", operation="label", fault="slow_drip", chance=0.3, delay_seconds=0.001)
    field.driver.place(field.orders, within=90, financial_status="pending")
    until(
        lambda: delivered(field.site) == field.orders, within=patience(field, 60), every=0.2, what="all are delivered"
    )
    for (number,) in field.site.rows("select number from orders order by id"):
        field.driver.each(lambda chosen: field.driver.click(chosen, "refund", {"full": True}), [number])
    field.driver.wait()
    until(lambda: _refunded(field) == field.orders, within=patience(field, 40), every=0.2, what="all are refunded")
    until(field.finished, within=patience(field, 30), every=0.1, what="nothing is left to do")
    for (provider, kind), count in hits(field.site).items():
        field.fault(f"{provider}: {kind}, {count} times", count=count)


def _refunded(field: Field) -> int:
    count: int = field.site.value("select count(*) from orders where status = 'refunded'")
    return count


def all_ended_alike(field: Field, found: Journals) -> None:
    for order in found.ledger.orders:
        state = (order["status"], order["payment_status"], order["shipping_status"])
        field.require(state == ("refunded", "refunded", "delivered"), f"order {order['number']} ended as {state}")
        entries = sorted(entry["kind"] for entry in found.ledger.entries if entry["order_id"] == order["id"])
        field.require(entries == ["captured", "refunded"], f"order {order['number']} has the entries {entries}")
    field.require(all(click.status == 200 for click in field.driver.clicks), "a refund click was refused")
    field.require(not found.ledger.holds, f"{len(found.ledger.holds)} holds for news out of order")


# F25

BAD_ANSWERS = ("slow_drip", "huge_body", "huge_header", "redirect", "html", "empty")
DEADLINE = 1.0


def answers_without_end(field: Field) -> None:
    """Answers that drip, do not end, lead elsewhere, or are no answers at all, one for each order."""
    for serial in range(1, field.orders + 1):
        order = field.driver.order(serial)
        provider, operation = WRITES[serial % 3]
        kind = BAD_ANSWERS[serial % len(BAD_ANSWERS)]
        field.site.fault(provider=provider, operation=operation, fault=kind, order=str(order["id"]), times=1)
        field.driver.each(field.driver.send_until_taken, [order])
    field.driver.wait()
    until(field.finished, within=patience(field, 60), every=0.1, what="every order came to its end")
    for (provider, kind), count in hits(field.site).items():
        field.fault(f"{provider}: {kind}, {count} times", count=count)


def no_call_outlasts_its_deadline(field: Field, found: Journals) -> None:
    longest = max((attempt["duration_ms"] or 0 for attempt in found.ledger.attempts), default=0) / 1000
    limit = patience(field, DEADLINE * 1.2)
    field.notes["longest call"] = f"{longest:.2f} s"
    field.require(longest <= limit, f"a call took {longest:.2f} s, its deadline is {DEADLINE:g} s")
    said = [exchange for attempt in found.ledger.attempts for exchange in attempt["exchanges"]]
    field.require(not [one for one in said if "169.254" in one["url"]], "a redirect was followed")
    field.require(any(one["status"] == 302 for one in said), "no redirect was met")
    doubtful = [attempt for attempt in found.ledger.attempts if attempt["outcome"] == "in_doubt"]
    field.require(len(doubtful) >= field.orders, f"only {len(doubtful)} of these answers left a doubt")
    field.require(
        not found.ledger.holds, f"{len(found.ledger.holds)} holds for an answer that could be asked for again"
    )
