"""Two at once on one order: who comes first is chosen with a lock, and what must hold afterwards whoever wins.

Both sides run in threads of their own against a real database; the outside is the sandbox. `in_turn` makes them queue
for the order's row, one behind the other, before either may go on; `at_once` lets them go at the same instant.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, HoldfastError, NotPossible, PreviewOutdated
from backend.domain.orders import TRANSITIONS, OrderEvent, OrderStatus
from backend.domain.permissions import Actor, Role
from backend.domain.steps import RULES, StepKind
from tests.conftest import Database
from tests.factories import staff
from tests.waiting import until
from tests.world import Hook, World

ANNA, BEN = staff(Role.ADMIN, 1), staff(Role.ADMIN, 2)
QUIET = ("mail.%", "invoice.%", "credit_note.%", "channel.%")
"""Steps on which no race here turns; they are left where they are, so that a race is over soon."""


@dataclass(frozen=True)
class Racer:
    """One side of a race. `person` is who clicks; None for the machinery, whose `run` must simply not fail."""

    name: str
    run: Callable[[], object]
    person: Actor | None = None


@dataclass(frozen=True)
class Result:
    """What came of one side: for a click whether it was carried out, or the refusal's sentence."""

    racer: Racer
    done: bool
    said: str
    refusal: HoldfastError | None = None

    @property
    def who(self) -> str:
        return self.racer.person.name if self.racer.person else ""


def _outcome(racer: Racer) -> Result:
    try:
        answer = racer.run()
    except HoldfastError as refusal:
        return Result(racer, False, refusal.sentence, refusal)
    said = answer.sentence if isinstance(answer, ActionDone) else ""
    return Result(racer, not (isinstance(answer, ActionDone) and answer.repeated), said)


Start = Callable[[Database, str, Sequence[Racer]], list[Result]]


def in_turn(database: Database, number: str, racers: Sequence[Racer]) -> list[Result]:
    """Everybody waits for the order's row in the order given; then the row is let go."""
    with ThreadPoolExecutor(len(racers)) as pool:
        running: list[Future[Result]] = []
        with psycopg.connect(database.url) as gate:
            gate.execute("select 1 from orders where number = %s for no key update", (number,))
            for place, racer in enumerate(racers, start=1):
                running.append(pool.submit(_outcome, racer))
                until(lambda place=place: _settled(database, running) >= place, what="everybody waits or is done")
        return [each.result() for each in running]


def _settled(database: Database, running: Sequence[Future[Result]]) -> int:
    """How many have ended or wait for a lock."""
    ended = sum(each.done() for each in running)
    ((waiting,),) = database.execute(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    return ended + int(waiting)


def in_turn_reversed(database: Database, number: str, racers: Sequence[Racer]) -> list[Result]:
    return in_turn(database, number, racers[::-1])


def at_once(database: Database, number: str, racers: Sequence[Racer]) -> list[Result]:
    """Everybody goes at the same instant."""
    together = threading.Barrier(len(racers))

    def go(racer: Racer) -> Result:
        together.wait(20)
        return _outcome(racer)

    with ThreadPoolExecutor(len(racers)) as pool:
        return list(pool.map(go, racers))


def work(world: World, *leave: str, quiet: Sequence[str] = QUIET) -> None:
    """Run what is due and take in what the outside says, but for quiet steps and the kinds in `leave`."""
    while True:
        moved = world.take_in()
        ids = ready(world, *quiet, *leave)
        for step_id in ids:
            world.run(step_id)
        if not moved and not ids:
            if not world.waiting():
                return
            world.outside.letterbox.wait(0.05)


def finish(world: World, results: Sequence[Sequence[Result]]) -> None:
    """Let everything happen that follows from a race; a cancellation may wait for its documents and messages too."""
    cancelled = any(result.racer.name == "cancel" and result.done for each in results for result in each)
    work(world, quiet=() if cancelled else QUIET)


def ready(world: World, *leave: str) -> list[int]:
    """Steps that can be run now, however long their pause was to be."""
    statement = (
        "update steps set due_at = clock_timestamp() where state = 'ready' and not kind like any(%s) returning id"
    )
    return sorted(int(row[0]) for row in world.database.execute(statement, (list(leave),)))


def hooks_of(world: World, numbers: Sequence[str], words: str) -> dict[str, Hook]:
    """The webhook with these words for each order, taken from the letterbox and handed in by nobody yet."""
    found: dict[str, Hook] = {}
    names = {number: _names(world, number) for number in numbers}

    def complete() -> bool:
        for hook in world.outside.letterbox.take():
            for number, known in names.items():
                said = hook.message.body.decode()
                if words in said and any(name in said for name in known):
                    found.setdefault(number, hook)
        return len(found) == len(numbers)

    until(complete, what="the outside has sent its webhooks")
    return found


def _names(world: World, number: str) -> list[str]:
    return [
        number,
        *(
            str(row[0])
            for row in world.database.execute(
                "select p.tracking_number from parcels p join orders o on o.id = p.order_id where o.number = %s",
                (number,),
            )
        ),
    ]


VERSIONED = {"retry", "release", "refund all", "refund a part", "refund a line", "cancel"}


def check_clicks(results: Sequence[Result]) -> None:
    """Of clicks that were decided on the same facts one is carried out, and the other is told by whom."""
    clicks = [result for result in results if result.racer.person]
    for result in clicks:
        if not result.done:
            assert isinstance(result.refusal, PreviewOutdated | AlreadyDone | NotPossible), result
    if len(clicks) < 2:
        return
    done = [result for result in clicks if result.done]
    exclusive = all(result.racer.name in VERSIONED for result in clicks) or clicks[0].racer.name == clicks[1].racer.name
    assert len(done) == 1 if exclusive else len(done) in (1, 2), results
    for loser in (result for result in clicks if not result.done):
        assert done[0].who in loser.said, loser.said


def check_promises(world: World, number: str, results: Sequence[Result]) -> None:
    """What must be so of one order whoever won."""
    database = world.database
    status, held = _one(database, "select o.status, exists (select 1 from holds h where h.order_id = o.id and h.closed_at is "
                        "null and h.kind <> 'being_cancelled') from orders o where number = %s", number)  # fmt: skip
    _money(world, number)
    _parcel(world, number, status)
    _moves(database, number)
    _gate(database, number)
    _audit(database, number, results)
    if any(result.racer.name == "cancel" and result.done for result in results):
        assert status in ("cancelled", "refunded") or held, "a cancellation ends, or a hold says why it does not"
    if status in ("cancelled", "refunded"):
        assert _failed(database, number) == [], "never cancelled behind a failed step"


def _effects(world: World, number: str) -> list[dict[str, Any]]:
    """What the outside accepted for an order, by whatever name it knows it."""
    names = _one(world.database, "select external_id, number from orders where number = %s", number)
    found = {entry["id"]: entry for name in names for entry in world.journal(order=str(name))}
    return [found[serial] for serial in sorted(found)]


def _money(world: World, number: str) -> None:
    journal = [entry for entry in _effects(world, number) if entry["kind"].startswith("payment.")]
    outside = Counter({"payment.captured": 0, "payment.refunded": 0})
    for entry in journal:
        if entry["kind"] in outside:
            outside[entry["kind"]] += entry["amount_minor"]
    captures = sum(entry["kind"] == "payment.captured" for entry in journal)
    ours = dict(
        world.database.execute(
            "select p.kind, sum(p.amount_minor)::bigint from payment_entries p join orders o on o.id = p.order_id "
            "where o.number = %s group by p.kind",
            (number,),
        )
    )
    assert captures <= 1, journal
    assert outside["payment.refunded"] <= outside["payment.captured"], journal
    assert ours.get("captured", 0) == outside["payment.captured"], (ours, journal)
    assert ours.get("refunded", 0) == outside["payment.refunded"], (ours, journal)
    decided = _one(
        world.database,
        "select coalesce(sum(r.amount_minor), 0)::bigint, count(*) filter (where r.state = 'succeeded') "
        "from refunds r join orders o on o.id = r.order_id where o.number = %s",
        number,
    )
    assert decided[0] <= outside["payment.captured"]
    assert decided[1] == sum(entry["kind"] == "payment.refunded" for entry in journal)


def _parcel(world: World, number: str, status: str) -> None:
    kinds = Counter(entry["kind"] for entry in _effects(world, number))
    assert kinds["label.bought"] <= 1
    on_its_way = world.database.execute(
        "select 1 from parcels p join orders o on o.id = p.order_id where o.number = %s and p.status <> 'label_created'",
        (number,),
    )
    cancelled = world.database.execute(
        "select 1 from timeline t join orders o on o.id = t.order_id "
        "where o.number = %s and t.kind = 'order:moved' and t.data ->> 'to' = 'cancelled'",
        (number,),
    )
    if cancelled and not on_its_way:
        assert kinds["label.voided"] == kinds["label.bought"], kinds


def _moves(database: Database, number: str) -> None:
    """The timeline's moves, replayed through the transition table, lead to where the order is."""
    moves = database.execute(
        "select t.data from timeline t join orders o on o.id = t.order_id "
        "where o.number = %s and t.kind = 'order:moved' order by t.id",
        (number,),
    )
    at = OrderStatus.PENDING
    for (move,) in moves:
        assert move["from"] == at
        at = TRANSITIONS[OrderStatus(move["from"]), OrderEvent(move["event"])]
        assert move["to"] == at
    assert _one(database, "select status from orders where number = %s", number) == (str(at),)


def _gate(database: Database, number: str) -> None:
    """While somebody held the order, nothing that waits behind a hold was sent."""
    gated = [str(kind) for kind, rule in RULES.items() if rule.gated]
    passed = database.execute(
        "select s.kind, a.started_at from attempts a join steps s on s.id = a.step_id join orders o on o.id = s.order_id "
        "join holds h on h.order_id = o.id where o.number = %s and s.kind = any(%s) and not a.asked_first "
        "and h.source = 'person' and a.started_at > h.placed_at and (h.closed_at is null or a.started_at < h.closed_at)",
        (number, gated),
    )
    assert passed == []


def _audit(database: Database, number: str, results: Sequence[Result]) -> None:
    """One entry for each click that was carried out, by whoever made it."""
    found = database.execute(
        "select a.actor_name from audit a join orders o on o.id = a.order_id "
        "where o.number = %s and a.reason = 'a race' order by 1",
        (number,),
    )
    assert [row[0] for row in found] == sorted(result.who for result in results if result.racer.person and result.done)


def _failed(database: Database, number: str) -> list[tuple[Any, ...]]:
    """Failed steps that still matter: not the void of a label whose parcel the carrier has got meanwhile."""
    holding = [str(kind) for kind in StepKind if RULES[kind].holds]
    return database.execute(
        "select s.kind, s.error from steps s join orders o on o.id = s.order_id where o.number = %s and s.kind = any(%s) "
        "and s.state = 'parked' and not exists (select 1 from steps n where n.order_id = s.order_id and n.kind = s.kind "
        "and n.subject = s.subject and n.generation > s.generation) and not (s.kind = 'shipment.void' and exists "
        "(select 1 from parcels p where p.order_id = s.order_id and p.status <> 'label_created'))",
        (number, holding),
    )


def _one(database: Database, statement: str, number: str) -> tuple[Any, ...]:
    (row,) = database.execute(statement, (number,))
    return row
