"""What experiments read off the journals: attempts in order, how often faults struck, how long things took."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

from tests.chaos.experiment import Field
from tests.chaos.journals import Journals, Row
from tests.chaos.site import Site
from tests.waiting import crowding


def hits(site: Site) -> Counter[tuple[str, str]]:
    """How often each kind of fault has struck each provider."""
    found: Counter[tuple[str, str]] = Counter()
    for fault in site.http.get(f"{site.sandbox}/control/faults").json()["faults"]:
        found[fault["provider"], fault["fault"]] += fault["hits"]
    return found


def no_more_faults(site: Site) -> None:
    """The providers behave from now on."""
    site.http.delete(f"{site.sandbox}/control/faults").raise_for_status()


def patience(field: Field, seconds: float) -> float:
    """So many seconds of a machine that has nothing else to do, in those of this one."""
    return seconds * max(field.crowding, crowding())


def moment(text: str) -> datetime:
    """A moment as the database writes it in JSON."""
    return datetime.fromisoformat(text)


def between(earlier: str, later: str) -> float:
    """Seconds from one moment of the database to another."""
    return (moment(later) - moment(earlier)).total_seconds()


def tries(found: Journals, *kinds: str) -> Iterator[tuple[Row, list[Row]]]:
    """Each step (of these kinds, if any are named) with its attempts in order."""
    by_step: dict[int, list[Row]] = defaultdict(list)
    for attempt in found.ledger.attempts:
        by_step[attempt["step_id"]].append(attempt)
    for step in found.ledger.steps:
        if not kinds or step["kind"] in kinds:
            yield step, sorted(by_step[step["id"]], key=lambda attempt: int(attempt["fence"]))


def follow_ups(found: Journals, outcome: str, *kinds: str) -> Iterator[tuple[Row, Row, Row]]:
    """Each attempt that ended so and was followed by another: the step, that attempt, the next one."""
    for step, attempts in tries(found, *kinds):
        for earlier, later in pairwise(attempts):
            if earlier["outcome"] == outcome:
                yield step, earlier, later


def seconds_to_be_done(found: Journals, orders: Iterable[int], *kinds: str) -> list[float]:
    """From promise to success, for each step of these kinds of these orders."""
    chosen = set(orders)
    return [
        between(step["created_at"], step["done_at"])
        for step in found.ledger.steps
        if step["kind"] in kinds and step["state"] == "done" and step["order_id"] in chosen
    ]


def p95(values: list[float]) -> float:
    """The value that 95 % do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] if ordered else 0.0


def orders_of(found: Journals, serials: Iterable[int]) -> list[int]:
    """Our ids of the driver's orders with these serials."""
    names = {f"#T{serial}" for serial in serials}
    external = {str(7_000_000_000_000 + int(name[2:])) for name in names}
    return [order["id"] for order in found.ledger.orders if str(order["external_id"]) in external]


def delivered(site: Site) -> int:
    """How many orders have reached their customers."""
    count: int = site.value("select count(*) from orders where status = 'delivered'")
    return count
