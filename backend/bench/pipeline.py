"""Orders per second through payment, invoice and shipment, beside the floor; wake-up latency; CPU per order."""

import importlib
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from backend import clock
from backend.bench import floor, orders, recording
from backend.bench import site as sites
from backend.bench.costs import Cost, dearest
from backend.bench.plan import Plan, plan_of
from backend.bench.site import Invalid, Site
from backend.bench.wish import Wish
from backend.domain.steps import StepKind
from backend.store import db
from backend.wiring import WAKER

Progress = Callable[[str], None]
WANTED = (
    StepKind.PAYMENT_CAPTURE,
    StepKind.INVOICE_ISSUE,
    StepKind.INVOICE_STORE,
    StepKind.SHIPMENT_VERIFY_ADDRESS,
    StepKind.SHIPMENT_CREATE,
)
_SECONDS_PER_ORDER = 2.0
_PATIENCE = 60.0


@dataclass(frozen=True)
class Round:
    """One measurement of `orders` orders; CPU in milliseconds per order."""

    orders: int
    seconds: float
    orders_per_second: float
    client_cpu_ms: float
    postgres_cpu_ms: float


@dataclass(frozen=True)
class Result:
    """All numbers of one run; `problems` make it invalid. `ratio` is ours by the floor, `scaled_ratio` scaled by ours."""

    wish: Wish
    ours: Round | None = None
    floor: Round | None = None
    scaled: Round | None = None
    wake_p50_ms: float | None = None
    wake_p99_ms: float | None = None
    transactions: int = 0
    statements: int = 0
    waits: int = 0
    problems: list[str] = field(default_factory=list)
    our_costs: list[Cost] = field(default_factory=list)
    own_costs: list[Cost] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        return self.ours.orders_per_second / self.floor.orders_per_second if self.ours and self.floor else None

    @property
    def scaled_ratio(self) -> float | None:
        return self.scaled.orders_per_second / self.ours.orders_per_second if self.ours and self.scaled else None

    def as_json(self) -> dict[str, Any]:
        return {"valid": not self.problems, **asdict(self), "ratio": self.ratio, "scaled_ratio": self.scaled_ratio}


class _Serials:
    """Every order of a run has a serial of its own."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


def measure(wish: Wish, say: Progress) -> Result:
    """The whole measurement on an installation of its own; whatever makes it unusable is in `problems`."""
    result = Result(wish)
    try:
        say("setting up")
        with sites.running(wish) as site:
            result = _measured(site, wish, result, say)
    except Invalid as error:
        return replace(result, problems=[*result.problems, error.sentence])
    return result


def _measured(site: Site, wish: Wish, result: Result, say: Progress) -> Result:
    serials = _Serials()
    _check_server(site)
    say("recording two orders")
    recording.scatter_ids(site)
    site.set_latency(0)
    taken = [recording.record(site, lambda: orders.create(serials.next())) for _ in range(2)]
    plan, one = plan_of(*taken), taken[0]
    result = replace(result, transactions=one.transactions, statements=len(one.statements), waits=one.waits)
    say(f"the floor with {wish.orders} orders")
    result = replace(result, floor=_floor(site, wish, plan, serials))
    say("starting workers")
    site.start_workers()
    say(f"waking {wish.wakes} times")
    p50, p99 = _wakes(site, wish, serials)
    result = replace(result, wake_p50_ms=p50, wake_p99_ms=p99)
    site.set_latency(wish.latency_ms)
    say(f"{wish.orders} orders")
    result = replace(result, ours=_round(site, wish.orders, one.waits, serials))
    if wish.profile:
        site.stop_workers()
        ours, all_of_them = dearest(site.profiles, ours=True), dearest(site.profiles, ours=False)
        return replace(result, our_costs=ours, own_costs=all_of_them)
    if wish.scale > 1:
        say(f"{wish.orders * wish.scale} orders")
        result = replace(result, scaled=_round(site, wish.orders * wish.scale, one.waits, serials))
    return result


def _check_server(site: Site) -> None:
    """A server that may forget what it has committed would make every number look better."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        if site.rows(f"show {setting}") != [("on",)]:
            raise Invalid(f"The measurement's server runs without {setting}.")


def _floor(site: Site, wish: Wish, plan: Plan, serials: _Serials) -> Round:
    before = _last_order(site)
    db.set_waker(None)
    for _ in range(wish.wakes + wish.orders):
        orders.create(serials.next())
    known = site.rows(
        "select o.id, o.number, o.external_id, s.id from orders o join steps s on s.order_id = o.id where o.id > %s "
        "order by o.id",
        before,
    )
    crew = floor.Floor(
        site.postgres.url(),
        plan,
        known,
        warm=wish.wakes,
        processes=wish.workers,
        threads=wish.threads,
        wait=wish.latency_ms / 1000,
    )
    cpu = site.postgres_cpu()
    done = crew.run()
    cpu = site.postgres_cpu() - cpu
    if done.problems:
        raise Invalid(f"The floor failed: {done.problems[0]}")
    _check_done(site, before, wish.wakes + wish.orders)
    return _as_round(wish.orders, done.seconds, done.cpu, cpu)


def _round(site: Site, count: int, waits: int, serials: _Serials) -> Round:
    """Orders wait while the workers are paused; the clock runs from when they go on until nothing is left to do."""
    before, served = _last_order(site), site.served()
    site.pause_workers()
    _wake_as_the_product_does()
    for _ in range(count):
        orders.create(serials.next())
    workers, postgres, started = site.workers_cpu(), site.postgres_cpu(), clock.now()
    site.resume_workers()
    site.until(partial(_nothing_left, site, before), _PATIENCE + count * _SECONDS_PER_ORDER, "all orders are done")
    workers, postgres = site.workers_cpu() - workers, site.postgres_cpu() - postgres
    ended = site.rows("select max(done_at) from steps where order_id > %s", before)[0][0]
    assert isinstance(ended, datetime)
    _check_done(site, before, count)
    if site.served() - served != count * waits:
        raise Invalid(f"The providers were asked {site.served() - served} times instead of {count * waits} times.")
    return _as_round(count, (ended - started).total_seconds(), workers, postgres)


def _wakes(site: Site, wish: Wish, serials: _Serials) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds, from the commit of a step to the begin of its first try.

    One order at a time, on a system that has nothing else to do.
    """
    committed: list[datetime] = []
    _wake_as_the_product_does(before=lambda: committed.append(clock.now()))
    latencies = []
    for _ in range(wish.wakes):
        committed.clear()
        order_id = orders.create(serials.next())
        site.until(partial(_nothing_left, site, order_id - 1), _PATIENCE, "an order is done", pause=0.02)
        begun = site.rows(
            "select min(a.started_at) from attempts a join steps s on s.id = a.step_id where s.order_id = %s", order_id
        )[0][0]
        assert isinstance(begun, datetime)
        latencies.append((begun - committed[0]).total_seconds() * 1000)
    marks = statistics.quantiles(latencies, n=100, method="inclusive")
    return round(marks[49], 1), round(marks[98], 1)


def _wake_as_the_product_does(before: Callable[[], None] = lambda: None) -> None:
    wake = importlib.import_module(WAKER).wake

    def waker(step_ids: list[int]) -> None:
        before()
        wake(step_ids)

    db.set_waker(waker)


def _last_order(site: Site) -> int:
    return site.count("select coalesce(max(id), 0) from orders")


def _nothing_left(site: Site, after: int) -> bool:
    """Whether no step of the orders after this one is still to be done."""
    return site.count("select count(*) from steps where order_id > %s and state in ('ready', 'running')", after) == 0


def _check_done(site: Site, after: int, count: int) -> None:
    """Every order has its label and its stored invoice, each step at its first try, and nothing stopped any."""
    done = site.rows(
        "select kind, count(*) from steps where order_id > %s and state = 'done' and attempts = 1 group by kind", after
    )
    found = {str(kind): number for kind, number in done}
    missing = [f"{kind} ({found.get(kind, 0)} of {count})" for kind in WANTED if found.get(kind, 0) != count]
    if missing:
        raise Invalid(f"Not every order was finished at the first try: {', '.join(missing)}.")
    if site.count("select count(*) from orders where id > %s and status = 'processing'", after) != count:
        raise Invalid("Not every order has its label.")


def _as_round(count: int, seconds: float, client: float, postgres: float) -> Round:
    return Round(
        orders=count,
        seconds=round(seconds, 3),
        orders_per_second=round(count / seconds, 2),
        client_cpu_ms=round(client / count * 1000, 2),
        postgres_cpu_ms=round(postgres / count * 1000, 2),
    )
