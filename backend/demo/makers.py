"""Processes that make batches beside each other. Each tells its orders by itself and waits only for the number of the
first document, which is known once the batch before has been told.
"""

import gc
import os
import queue
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from typing import Any

from backend.demo import batch as batches
from backend.demo.batch import Written
from backend.demo.setup import Numbers, Setup
from backend.demo.shelves import SHELVES, Shelf
from backend.store import personal
from backend.store.personal import Keyring

_AHEAD = 3
"""Batches that wait for the writer, for each process."""
_LOOK_SECONDS = 2.0
_spawn = get_context("spawn")


class MakerFailed(RuntimeError):
    """A process that made batches ended with an error, or was ended."""


class Turns:
    """The last document numbers before each batch, shared by all processes."""

    def __init__(self, batches: int, first: Numbers) -> None:
        self._known = _spawn.Condition()
        self._ends = _spawn.Array("q", [first.invoice, first.credit_note] + [-1] * (2 * batches), lock=False)

    def take(self, index: int, documents: Numbers) -> Numbers:
        """The numbers before a batch, once they are known; those after it are known from now on."""
        with self._known:
            while self._ends[2 * index] < 0:
                self._known.wait(_LOOK_SECONDS)
                _end_with_parent()
            before = Numbers(self._ends[2 * index], self._ends[2 * index + 1])
            after = before.and_then(documents)
            self._ends[2 * index + 2], self._ends[2 * index + 3] = after.invoice, after.credit_note
            self._known.notify_all()
        return before


def made(setup: Setup, batch_count: int, first: Numbers, keys: tuple[str, str], processes: int) -> Iterator[Written]:
    """Every batch, in order, made by so many processes. Raises `MakerFailed`."""
    turns = Turns(batch_count, first)
    done: Any = _spawn.Queue(processes * _AHEAD)
    with _running(processes, (setup, batch_count, turns, keys, done)) as makers:
        waiting: dict[int, Written] = {}
        for index in range(batch_count):
            while index not in waiting:
                found = _next(done, makers)
                waiting[found.index] = found
            yield waiting.pop(index)


def _next(done: Any, makers: list[SpawnProcess]) -> Written:
    while True:
        try:
            found: Written | str = done.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if any(maker.exitcode not in (None, 0) for maker in makers):
                raise MakerFailed("A process that made demo orders was ended from outside.") from None
            continue
        if isinstance(found, str):
            raise MakerFailed(f"A process that made demo orders failed.\n{found}")
        return found


@contextmanager
def _running(processes: int, shared: tuple[Any, ...]) -> Iterator[list[SpawnProcess]]:
    """The processes; Ctrl-C is for the one who started them to answer, so they are born deaf to it."""
    makers = [
        _spawn.Process(target=_work, args=(number, processes, os.getpid(), *shared), daemon=True)
        for number in range(processes)
    ]
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for maker in makers:
            maker.start()
    finally:
        signal.signal(signal.SIGINT, heard)
    try:
        yield makers
    finally:
        for maker in makers:
            maker.terminate()
        for maker in makers:
            maker.join()


def _work(
    number: int,
    processes: int,
    parent: int,
    setup: Setup,
    batch_count: int,
    turns: Turns,
    keys: tuple[str, str],
    done: Any,
) -> None:
    """Make every batch of this process's shelves."""
    global _parent
    _parent = parent
    gc.freeze()
    gc.set_threshold(500_000)  # much is made here, and all of it thrown away at once
    try:
        personal.configure(Keyring.parse(*keys))
        for written in _batches(setup, batch_count, turns, [n for n in range(SHELVES) if n % processes == number]):
            _hand_over(done, written)
    except Exception:
        _hand_over(done, traceback.format_exc())


def _batches(setup: Setup, batch_count: int, turns: Turns, mine: list[int]) -> Iterator[Written]:
    plan = batches.plan_of(setup.wish)
    shelves = {number: Shelf(setup, plan, number) for number in mine}
    known: set[Any] = set()
    for index in range(batch_count):
        if index % SHELVES in shelves:
            draft = batches.draft(setup, index, shelves[index % SHELVES])
            written = batches.write_down(setup, draft, turns.take(index, draft.documents), known)
            known |= written.customers.keys()
            yield written


def _hand_over(done: Any, found: Written | str) -> None:
    while True:
        try:
            done.put(found, timeout=_LOOK_SECONDS)
            return
        except queue.Full:
            _end_with_parent()


_parent = 0


def _end_with_parent() -> None:
    """Nobody waits for this process any more."""
    if _parent and os.getppid() != _parent:
        os._exit(1)
