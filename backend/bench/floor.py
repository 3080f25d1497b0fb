"""The floor: the statements of an order's steps and as much waiting, in plain psycopg and threads, and nothing else.

No ORM, no queue, no JSON, no HTTP: what is left is what the database and the providers would take from anybody.
"""

import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from uuid import uuid4

import psycopg

from backend import clock
from backend.bench.plan import Pieces, Plan, Sending, Slot

Known = tuple[Any, ...]
"""Id, number, external id and first step's id of one order."""
_OPTIONS = "-c timezone=UTC"


@dataclass(frozen=True)
class Ended:
    """What one process tells: when it finished (on the monotonic clock), its CPU seconds, and what went wrong."""

    at: float
    cpu: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class FloorRun:
    """`seconds` from the common start to the last order's end; `cpu` of all processes, in seconds."""

    seconds: float
    cpu: float
    problems: tuple[str, ...]


class Floor:
    """Processes of threads that stand ready: connected, and warm from as many orders as our workers are warm from."""

    def __init__(
        self, url: str, plan: Plan, orders: Sequence[Known], *, warm: int, processes: int, threads: int, wait: float
    ) -> None:
        context = multiprocessing.get_context("spawn")
        pairs = [context.Pipe() for _ in range(processes)]
        self._ends = [ours for ours, _ in pairs]
        self._workers = [
            context.Process(
                target=work, args=(theirs, url, plan, *_shares(orders, warm, place, processes), threads, wait)
            )
            for place, (_, theirs) in enumerate(pairs)
        ]
        for worker in self._workers:
            worker.start()
        for end in self._ends:
            end.recv()

    def run(self) -> FloorRun:
        """Take the orders that are left all the way."""
        started = clock.monotonic()
        for end in self._ends:
            end.send("go")
        told: list[Ended] = [end.recv() for end in self._ends]
        for worker in self._workers:
            worker.join()
        problems = tuple(problem for one in told for problem in one.problems)
        return FloorRun(max(one.at for one in told) - started, sum(one.cpu for one in told), problems)


def _shares(orders: Sequence[Known], warm: int, place: int, processes: int) -> tuple[Sequence[Known], Sequence[Known]]:
    """What one of the processes warms up with, and what it is measured with."""
    return orders[:warm][place::processes], orders[warm:][place::processes]


def work(
    parent: Connection,
    url: str,
    plan: Plan,
    warm: Sequence[Known],
    orders: Sequence[Known],
    threads: int,
    wait: float,
) -> None:
    """One process: threads that each take the next order and bring it to its end."""
    problems: list[str] = []
    connections = [psycopg.connect(url, autocommit=True, options=_OPTIONS) for _ in range(threads)]
    _all_the_way(connections, plan, warm, 0, problems)
    parent.send("ready")
    parent.recv()
    used = time.process_time()
    _all_the_way(connections, plan, orders, wait, problems)
    parent.send(Ended(clock.monotonic(), time.process_time() - used, tuple(problems)))
    for connection in connections:
        connection.close()


def _all_the_way(
    connections: Sequence[psycopg.Connection[Any]],
    plan: Plan,
    orders: Sequence[Known],
    wait: float,
    problems: list[str],
) -> None:
    left = deque(orders)
    crew = [threading.Thread(target=_take, args=(one, plan, left, wait, problems)) for one in connections]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()


def _take(
    connection: psycopg.Connection[Any], plan: Plan, left: deque[Known], wait: float, problems: list[str]
) -> None:
    while True:
        try:
            known = left.popleft()
        except IndexError:
            return
        try:
            replay(connection, plan, known, wait)
        except Exception as error:
            problems.append(f"order {known[1]}: {type(error).__name__}: {error}")
            return


def replay(connection: psycopg.Connection[Any], plan: Plan, known: Known, wait: float) -> None:
    """Everything that the steps of one order ask of the database; raises `ValueError` where an answer is another one."""
    slots: list[Any] = [*known, *([None] * (plan.slots - len(known)))]
    for number in plan.fresh:
        slots[number] = uuid4()
    with connection.cursor() as cursor:
        for part in plan.parts:
            if isinstance(part, int):
                for _ in range(part):
                    time.sleep(wait)
                continue
            with connection.transaction():
                for sending in part:
                    _send(cursor, sending, slots)


def _send(cursor: psycopg.Cursor[Any], sending: Sending, slots: list[Any]) -> None:
    values = sending.values if sending.constant else _filled(sending.values, slots)
    if sending.many:
        cursor.executemany(sending.text.encode(), values)
        return
    cursor.execute(sending.text.encode(), values)
    if sending.rows is None:
        return
    rows = cursor.fetchall()
    if len(rows) != sending.rows:
        raise ValueError(f"{len(rows)} rows instead of {sending.rows}: {sending.text[:200]}")
    for learn in sending.learns:
        slots[learn.slot] = rows[learn.row][learn.column]


def _filled(value: Any, slots: list[Any]) -> Any:
    if isinstance(value, Slot):
        return slots[value.number]
    if isinstance(value, dict):
        return {name: _filled(inner, slots) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, slots) for inner in value]
    if isinstance(value, Pieces):
        return "".join(part if isinstance(part, str) else str(slots[part.number]) for part in value.parts)
    return value
