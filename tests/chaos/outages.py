"""Providers that are away, slow, or cannot be asked; experiments of campaign B."""

from tests.chaos.experiment import Field
from tests.chaos.journals import Journals
from tests.chaos.measures import (
    between,
    delivered,
    hits,
    no_more_faults,
    orders_of,
    p95,
    patience,
    seconds_to_be_done,
    tries,
)
from tests.waiting import until

# F15

OUTAGE = 8.0
FIRST_PAUSE = 0.4  # the shortest pause before a probe, under the retry scale of the campaigns


def providers_are_away(field: Field) -> None:
    """Every provider refuses connections for a while in the middle of the stream."""
    link = field.site.links["sandbox"]
    field.driver.place_in_background(field.orders, pause=0.05, within=120)
    until(lambda: delivered(field.site) >= field.orders // 8, within=patience(field, 30), what="orders arrive")
    field.notes["since"] = field.site.value("select clock_timestamp()::text")
    link.refuse()
    field.pause(OUTAGE)
    field.notes["probes"] = dict(
        field.site.rows("select provider, failed_probes from breakers where state <> 'closed'")
    )
    field.notes["until"] = field.site.value("select clock_timestamp()::text")
    link.heal()
    field.fault(f"all providers away for {OUTAGE:g} s")
    field.driver.wait()


def few_calls_found_out(field: Field, found: Journals) -> None:
    since, back = field.notes["since"], field.notes["until"]
    probes: dict[str, int] = field.notes["probes"]
    field.require(probes, "no breaker opened")
    providers = {step["id"]: step["provider"] for step in found.ledger.steps}
    for provider, failed_probes in probes.items():
        failed = [
            attempt
            for attempt in found.ledger.attempts
            if providers[attempt["step_id"]] == provider
            and attempt["outcome"] in ("not_sent", "in_doubt")
            and between(since, attempt["finished_at"]) >= 0 <= between(attempt["finished_at"], back)
        ]
        opening = len(failed) - failed_probes
        field.require(opening <= 10, f"{provider}: {opening} calls failed before its breaker opened, 10 at most")
        most = OUTAGE / FIRST_PAUSE
        field.require(failed_probes <= most, f"{provider}: {failed_probes} probes in {OUTAGE:g} s, {most:g} at most")
    mails = [step for step in found.ledger.steps if step["kind"] == "mail.incident"]
    down = [one for one in found.ledger.incidents if one["category"] == "provider_down"]
    field.require(len(mails) == len(down), f"{len(down)} incidents, {len(mails)} mails about them")
    per_provider = {incident["provider"] for incident in down}
    field.require(len(down) == len(per_provider), f"{len(down)} incidents of {len(per_provider)} providers")
    field.require(not found.ledger.holds, f"{len(found.ledger.holds)} orders were held for an outage")


# F16

SLOW = 1.0
ENOUGH_SLOW = 30
FELT = ("payment.capture", "shipment.verify_address", "shipment.create")


def invoices_take_their_time(field: Field) -> None:
    """The invoicing provider alone answers slowly; the first half of the orders, before that, is the baseline."""
    half = field.orders // 2
    field.driver.place(half, pause=0.15)
    until(field.finished, within=patience(field, 40), every=0.1, what="the first half arrived")
    field.site.fault(provider="invoiceninja", operation="any", fault="slow", delay_seconds=SLOW)
    field.driver.place(field.orders - half, first=half + 1, pause=0.15)
    until(
        lambda: delivered(field.site) == field.orders and hits(field.site)["invoiceninja", "slow"] >= ENOUGH_SLOW,
        within=patience(field, 40),
        every=0.1,
        what="the second half arrived, and its invoices were slow",
    )
    field.fault("slow invoices", count=hits(field.site)["invoiceninja", "slow"])
    no_more_faults(field.site)


def nobody_else_is_slower(field: Field, found: Journals) -> None:
    half = field.orders // 2
    before = p95(seconds_to_be_done(found, orders_of(found, range(1, half + 1)), *FELT))
    meanwhile = p95(seconds_to_be_done(found, orders_of(found, range(half + 1, field.orders + 1)), *FELT))
    field.notes["payment and shipping, p95"] = f"{before:.2f} s before, {meanwhile:.2f} s meanwhile"
    # Half a second is what one late wake-up costs; a thread behind a slow invoice costs several.
    limit = max(2 * before, before + 0.5 * field.crowding)
    field.require(meanwhile <= limit, f"payment and shipping took {meanwhile:.2f} s (p95), {before:.2f} s before")


# F19

QUICK = {"HOLDFAST_RETRY_SCALE": "0.02", "HOLDFAST_GRACE_SCALE": "0.05"}
"""So that eight tries fit into the fifteen seconds in which an order must be held."""


def nobody_can_be_asked(field: Field) -> None:
    """Every label is bought and its answer lost, and the carrier answers no question for a while.

    What we do: a provider that answers nobody is down, so its steps wait behind its breaker, uncounted, and staff have
    one incident and not a hold per order that no click could help; when it answers again, each step asks and is settled
    by itself. A single order that the provider does not answer about is no outage: it is held as `outcome_unknown`, and
    its one button asks the provider. Nothing is sent again in either case.
    """
    _labels_get_lost(field)
    field.driver.place(field.orders - 1, within=90)
    until(lambda: _in_doubt(field) == field.orders - 1, within=patience(field, 40), what="all labels are in doubt")
    field.pause(3)
    field.notes["waiting and held"] = _in_doubt(field), _held_as_unknown(field)
    _answers_again(field)
    for number, hold_id in field.site.rows(_UNKNOWN):
        field.driver.click(number, "ask", {"hold_id": hold_id})
    until(field.finished, within=patience(field, 40), every=0.1, what="the questions were answered")
    field.notes["clicks"] = len(field.driver.clicks)

    _labels_get_lost(field)
    field.driver.place(1, first=field.orders, within=60)
    began = field.site.value("select clock_timestamp()::text")
    until(lambda: _held_as_unknown(field) == 1, within=patience(field, 40), what="the one order is held")
    took = between(began, field.site.value("select max(placed_at)::text from holds where kind = 'outcome_unknown'"))
    field.require(took <= patience(field, 15), f"it was held only after {took:.1f} s")
    _answers_again(field)
    ((number, hold_id),) = field.site.rows(_UNKNOWN)
    click = field.driver.click(number, "ask", {"hold_id": hold_id})
    field.require(click.status == 200, f"the click was answered {click.status} {click.code}")
    until(field.finished, within=patience(field, 30), every=0.1, what="the question was answered")


_UNKNOWN = (
    "select o.number, h.id from holds h join orders o on o.id = h.order_id "
    "where h.kind = 'outcome_unknown' and h.closed_at is null"
)


def _labels_get_lost(field: Field) -> None:
    field.site.fault(provider="shipengine", operation="label", fault="accept_then_cut")
    field.site.fault(provider="shipengine", operation="read", fault="error_5xx")


def _answers_again(field: Field) -> None:
    for (provider, kind), count in hits(field.site).items():
        field.fault(f"{provider}: {kind}, {count} times", count=count)
    no_more_faults(field.site)


def _in_doubt(field: Field) -> int:
    count: int = field.site.value("select count(*) from steps where kind = 'shipment.create' and in_doubt")
    return count


def _held_as_unknown(field: Field) -> int:
    return len(field.site.rows(_UNKNOWN))


def every_label_was_asked_for(field: Field, found: Journals) -> None:
    sent = [effect for effect in found.effects if effect["kind"] == "label.bought"]
    field.require(len(sent) == field.orders, f"{len(sent)} labels for {field.orders} orders")
    for step, attempts in tries(found, "shipment.create"):
        field.require(step["state"] == "done", f"{step['key']} is {step['state']}")
        again = [attempt for attempt in attempts[1:] if not attempt["asked_first"]]
        # A try that came to nothing before it was sent, behind an open breaker, has nothing to ask about.
        before = [attempt["outcome"] for attempt in attempts[: -len(again)]] if again else []
        field.require("in_doubt" not in before, f"{step['key']} was sent again without a question")
    down = [one for one in found.ledger.incidents if one["category"] == "provider_down"]
    field.require(len(down) == 1, f"{len(down)} incidents for one outage")
