"""Three truths about one run: D, what the driver has seen; P, what the providers accepted; L, what our database says."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.clock import monotonic
from tests.chaos.driver import Click, Driver, Sent
from tests.chaos.site import Site

LONGEST_QUIESCE = 60.0
CALM = 0.6
"""Seconds for which there must have been nothing to do."""

CANARIES = ("Ahornallee", "@example.com", "+4930123456")
"""Parts of every customer's data that the driver makes up; they belong in sealed columns and in mails alone."""

Row = dict[str, Any]

_TABLES = {
    "orders": "select * from orders order by id",
    "steps": "select *, lease_until < clock_timestamp() - interval '5 seconds' as abandoned from steps order by id",
    "attempts": "select * from attempts order by id",
    "holds": "select * from holds order by id",
    "entries": "select * from payment_entries order by id",
    "refunds": "select * from refunds order by id",
    "invoices": "select id, order_id, refund_id, kind, series, sequence, number, issued_at, stored_at, total_minor, currency"
    " from invoices order by sequence",
    "parcels": "select * from parcels order by id",
    "timeline": "select * from timeline order by id",
    "audit": "select * from audit order by id",
    "inbox": "select id, provider, event_id, verdict, parked_for, problems, order_id, duplicates from inbox order by id",
    "incidents": "select * from incidents order by id",
}
_UNFINISHED = """
    select (select count(*) from steps where state in ('ready', 'running'))
         + (select count(*) from inbox where verdict = 'received')
         + (select count(*) from orders o where status not in ('delivered', 'cancelled', 'refunded')
            and not exists (select 1 from holds h where h.order_id = o.id and h.closed_at is null)
            and not exists (select 1 from steps s where s.order_id = o.id and s.state = 'waiting'))
"""


@dataclass(frozen=True)
class Ledger:
    """Our database after everything has come to rest: each table's rows in order."""

    orders: list[Row]
    steps: list[Row]
    attempts: list[Row]
    holds: list[Row]
    entries: list[Row]
    refunds: list[Row]
    invoices: list[Row]
    parcels: list[Row]
    timeline: list[Row]
    audit: list[Row]
    inbox: list[Row]
    incidents: list[Row]

    @property
    def open_holds(self) -> list[Row]:
        return [hold for hold in self.holds if hold["closed_at"] is None]

    def external_id(self, order_id: int) -> str:
        return next(str(order["external_id"]) for order in self.orders if order["id"] == order_id)


@dataclass(frozen=True)
class Journals:
    """`effects`: the providers' journal, oldest first. `quiet`: seconds from `began` until all was at rest, None for never."""

    sent: list[Sent]
    clicks: list[Click]
    known: frozenset[str]
    effects: list[Row]
    ledger: Ledger
    quiet: float | None
    began: float
    leaks: tuple[str, ...] = ()

    def effects_by_order(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for effect in self.effects:
            if effect["external_order"]:
                found[str(effect["external_order"])].append(effect)
        return found


def quiesce(site: Site, *, within: float = LONGEST_QUIESCE) -> float | None:
    """Wait until nothing is left to do and stays so; how many seconds that took, None when it did not come."""
    began = calm_since = monotonic()
    while monotonic() - began < within:
        if unfinished(site):
            calm_since = monotonic()
        elif monotonic() - calm_since > CALM:
            return calm_since - began
        time.sleep(0.1)
    return None


def unfinished(site: Site) -> int:
    """How many steps, messages and orders have not come to an end or to a hold, and what the providers will yet do."""
    count: int = site.value(_UNFINISHED)
    waiting = site.http.get(f"{site.sandbox}/control/agenda").json()["waiting"]
    return count + int(waiting.get("late", 0))


def read(site: Site, driver: Driver, *, within: float = LONGEST_QUIESCE) -> Journals:
    """All three, once everything has come to rest."""
    began = monotonic()
    quiet = quiesce(site, within=within)
    tables = {name: _table(site, statement) for name, statement in _TABLES.items()}
    return Journals(
        sent=list(driver.sent),
        clicks=list(driver.clicks),
        known=frozenset(driver.orders),
        effects=site.journal(),
        ledger=Ledger(**tables),
        quiet=quiet,
        began=began,
        leaks=tuple(_leaks(site, tables)),
    )


def _leaks(site: Site, tables: dict[str, list[Row]]) -> Iterator[str]:
    """Where a customer's data stands in the open: in a log, or in a column that is not sealed."""
    for canary in CANARIES:
        if lines := site.said(canary):
            yield f"{canary!r} is in {len(lines)} lines of the logs, first: {lines[0][:160]}"
        for name, rows in tables.items():
            count = sum(canary in json.dumps(row) for row in rows)
            if count:
                yield f"{canary!r} is in {count} rows of {name}"


def _table(site: Site, statement: str) -> list[Row]:
    rows = site.rows(f"select to_jsonb(found) from ({statement}) as found")
    return [row[0] for row in rows]
