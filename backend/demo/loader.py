"""Loads the demo: staff, stock, orders batch by batch, and what lies in quarantine; a load that was killed goes on.

Each batch is one transaction together with the marker, so at any moment the database holds a whole number of batches.
"""

import gc
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from sqlalchemy import text
from sqlmodel import Session

from backend.demo import batch as batches
from backend.demo import ids, marker, quarantine, staff, writing
from backend.demo.batch import Numbers, Setup, Written
from backend.demo.marker import Marker
from backend.demo.plan import Plan, Wish
from backend.domain.errors import NotPossible
from backend.settings import Settings
from backend.store import db, personal
from backend.store.personal import Keyring

ONE_PROCESS = 8_000
"""Up to so many orders are quicker made than a second process is started."""
_AHEAD = 3
_ANALYZE_SECONDS = 600

Progress = Callable[[int, int], None]
"""Told after each batch: orders loaded so far, and in all."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded: `orders` by this run, of those in the wish."""

    orders: int
    wish: Wish


class DemoData:
    """The demo data of one database; the caller has pointed `store.db` and the keys at it.

    `processes` help to make the batches; unless told, as many as there are cores where there is much to make.
    """

    def __init__(self, config: Settings, *, processes: int | None = None) -> None:
        self._config, self._processes = config, processes
        self._series = {"invoice": config.invoice_series, "credit_note": config.credit_note_series}

    def state(self) -> tuple[Marker | None, bool]:
        """The load that was begun here, if any, and whether there are orders."""
        with db.unit_of_work() as session:
            return marker.read(session), marker.has_orders(session)

    def load(self, wish: Wish, progress: Progress = lambda done, of: None) -> Loaded:
        """Load what is wished, or go on with the load that was begun. Raises `NotPossible` where there are other orders."""
        begun = db.in_unit_of_work(self._begin, wish)
        if begun.complete:
            raise NotPossible("The demo data is loaded already.")
        setup, before = db.in_unit_of_work(self._setup, begun)
        plan = batches.plan_of(begun.wish)
        done = min(begun.batches * len(plan.batch(0)), begun.wish.orders)
        at_first = done
        for made in self._made(setup, plan, begun.batches, before):
            begun = begun.after_one_more()
            db.in_unit_of_work(self._write, made, begun, setup)
            done += made.orders
            progress(done, begun.wish.orders)
        db.in_unit_of_work(self._finish, replace(begun, complete=True), setup)
        return Loaded(done - at_first, begun.wish)

    def _begin(self, session: Session, wish: Wish) -> Marker:
        known = marker.read(session)
        if known is not None:
            return known
        if marker.has_orders(session):
            raise NotPossible(
                "There are orders in this database that are not demo data. Demo data is loaded into an empty shop only."
            )
        staff.add_missing(session)
        session.flush()
        begun = Marker(wish, ids.reserve(session, wish.orders))
        frame = staff.frame(session, wish, self._config.stripe_pay_url)
        writing.first_count(session, Plan(wish).start, frame.manager)
        marker.write(session, begun, wish.end)
        return begun

    def _setup(self, session: Session, begun: Marker) -> tuple[Setup, Numbers]:
        staff.add_missing(session)
        session.flush()
        setup = Setup(
            wish=begun.wish,
            frame=staff.frame(session, begun.wish, self._config.stripe_pay_url),
            first=begun.first,
            checks=self._config.check_names,
            countries=self._config.countries,
            default_grams=self._config.default_item_grams,
            series=self._series,
        )
        return setup, writing.numbers_of(session, self._series)

    def _write(self, session: Session, made: Written, begun: Marker, setup: Setup) -> None:
        known = marker.read(session)
        if known is None or known.batches != begun.batches - 1:
            raise NotPossible("Another load of demo data is under way in this database.")
        if writing.numbers_of(session, self._series) != made.numbers:
            raise NotPossible("Invoices were made while the demo was loading. Stop the workers and load again.")
        writing.write(session, made, setup.frame.manager)
        marker.write(session, begun, begun.wish.end)

    def _finish(self, session: Session, complete: Marker, setup: Setup) -> None:
        quarantine.write(session, complete.wish)
        session.execute(text(f"set local statement_timeout = '{_ANALYZE_SECONDS}s'"))
        session.execute(text("analyze"))
        marker.write(session, complete, complete.wish.end)

    def _made(self, setup: Setup, plan: Plan, first: int, before: Numbers) -> Iterator[Written]:
        """Every batch from `first` on, in order; settled ones are made ahead by other processes where those help."""
        helpers = self._processes
        if helpers is None:
            helpers = (os.cpu_count() or 1) if setup.wish.orders > ONE_PROCESS else 0
        settled = first
        while helpers and settled < plan.batches and plan.is_settled(settled):
            settled += 1
        for made in self._made_ahead(setup, plan, range(first, settled), before, helpers):
            before = made.after
            yield made
        for index in range(settled, plan.batches):
            made = batches.make(setup, index, before)
            before = made.after
            yield made

    def _made_ahead(self, setup: Setup, plan: Plan, these: range, before: Numbers, helpers: int) -> Iterator[Written]:
        """How many documents a settled batch makes follows from the plan, so batches need not wait for each other."""
        if not these:
            return
        keys = (self._config.encryption_keys.get_secret_value(), self._config.index_key.get_secret_value())
        pool = ProcessPoolExecutor(helpers, mp_context=get_context("spawn"), initializer=_prepare, initargs=keys)
        waiting: deque[Future[Written]] = deque()
        try:
            for index in these:
                waiting.append(pool.submit(batches.make, setup, index, before))
                documents = plan.documents_of(index)
                before = Numbers(before.invoice + documents["invoice"], before.credit_note + documents["credit_note"])
                if len(waiting) >= helpers + _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _prepare(encryption_keys: str, index_key: str) -> None:
    """In a helping process: the keys that personal data is sealed with; it makes much and throws all of it away."""
    gc.freeze()
    gc.set_threshold(500_000)
    personal.configure(Keyring.parse(encryption_keys, index_key))
