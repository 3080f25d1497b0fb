"""Loads the demo: staff, stock, orders batch by batch, and what lies in quarantine.

A small load plays every order and writes each batch in a transaction of its own, together with the marker, so a load
that was killed goes on where it stopped. A large one is `bulk`: all at once, or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlmodel import Session

from backend.demo import batch as batches
from backend.demo import ids, marker, quarantine, staff, warehouse, writing
from backend.demo.batch import Written
from backend.demo.bulk import BulkLoad, usual_processes
from backend.demo.marker import Marker
from backend.demo.plan import Plan, Wish
from backend.demo.setup import Numbers, Setup
from backend.demo.sheets import MOVEMENTS
from backend.domain.errors import NotPossible
from backend.services import desk_round
from backend.settings import Settings
from backend.store import db

BULK_FROM = 8_000
"""Fewer orders than this are quicker played one by one than models are made."""
DESK_BATCH = 1_000
_ANALYZE_SECONDS = 600

Progress = Callable[[int, int], None]
"""Told after each batch: orders loaded so far, and in all."""
Say = Callable[[str], None]
"""Told what is being done when no order is: indexes, checks."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded: `orders` by this run, of those in the wish."""

    orders: int
    wish: Wish


class DemoData:
    """The demo data of one database; the caller has pointed `store.db` and the keys at it.

    `bulk_from`: loads of so many orders or more are made in bulk, by `processes` (unless told, one for each core).
    """

    def __init__(self, config: Settings, *, processes: int | None = None, bulk_from: int = BULK_FROM) -> None:
        self._config, self._bulk_from = config, bulk_from
        self._processes = processes or usual_processes()
        self._series = {"invoice": config.invoice_series, "credit_note": config.credit_note_series}

    def state(self) -> tuple[Marker | None, bool]:
        """The load that was begun here, if any, and whether there are orders."""
        with db.unit_of_work() as session:
            return marker.read(session), marker.has_orders(session)

    def load(self, wish: Wish, progress: Progress = lambda done, of: None, say: Say = lambda what: None) -> Loaded:
        """Load what is wished, or go on with the load that was begun. Raises `NotPossible` where there are other orders."""
        begun, _ = self.state()
        if begun is None and wish.orders >= self._bulk_from:
            db.in_unit_of_work(self._load_in_bulk, wish, progress, say)
            _tell_the_desk(wish)
            return Loaded(wish.orders, wish)
        begun = db.in_unit_of_work(self._begin, wish)
        if begun.complete:
            raise NotPossible("The demo data is loaded already.")
        loaded = self._go_on(begun, progress)
        _tell_the_desk(wish)
        return loaded

    def _go_on(self, begun: Marker, progress: Progress) -> Loaded:
        setup, before = db.in_unit_of_work(self._setup, begun)
        plan = batches.plan_of(begun.wish)
        done = min(begun.batches * len(plan.batch(0)), begun.wish.orders)
        at_first = done
        for index in range(begun.batches, plan.batches):
            made = batches.make(setup, index, before)
            begun, before = begun.after_one_more(), made.after
            db.in_unit_of_work(self._write, made, begun, setup)
            done += made.orders
            progress(done, begun.wish.orders)
        db.in_unit_of_work(self._finish, replace(begun, complete=True), setup)
        return Loaded(done - at_first, begun.wish)

    def _load_in_bulk(self, session: Session, wish: Wish, progress: Progress, say: Say) -> None:
        _must_be_empty(session)
        config = self._config
        keys = (config.encryption_keys.get_secret_value(), config.index_key.get_secret_value())
        load = BulkLoad(session, self._series, keys)
        begun = self._begin(session, wish)
        setup, _ = self._setup(session, begun)
        load.run(setup, self._processes, progress, say)
        quarantine.write(session, wish)
        marker.write(session, replace(begun, batches=batches.plan_of(wish).batches, complete=True), wish.end)

    def _begin(self, session: Session, wish: Wish) -> Marker:
        known = marker.read(session)
        if known is not None:
            return known
        _must_be_empty(session)
        staff.add_missing(session)
        session.flush()
        begun = Marker(wish, ids.reserve(session, wish.orders))
        frame = staff.frame(session, wish, self._config.stripe_pay_url)
        writing.copy(session, MOVEMENTS, warehouse.begin_to_track(session, Plan(wish).start, frame.manager))
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


def _tell_the_desk(wish: Wish) -> None:
    """Reckon the held orders at once; without that, the workers' rounds would find them little by little."""
    for _ in range(wish.held // DESK_BATCH + 2):
        if not db.in_unit_of_work(desk_round.catch_up, limit=DESK_BATCH):
            break


def _must_be_empty(session: Session) -> None:
    if marker.has_orders(session):
        raise NotPossible(
            "There are orders in this database that are not demo data. Demo data is loaded into an empty shop only."
        )
