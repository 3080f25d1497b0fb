"""Campaign C, database, network, disk: the database gone, silent, locked, full, and changed under way."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, text

from backend.clock import monotonic
from backend.store import migrate
from backend.store.db import sqlalchemy_url
from tests.chaos.driver import Sent
from tests.chaos.experiment import Experiment, Field
from tests.chaos.journals import Journals
from tests.chaos.measures import patience
from tests.waiting import until

IMPATIENT = {"HOLDFAST_DATABASE_SECONDS": "1.2"}
"""So that a connection without an answer is given up within a lease of two seconds."""
EXTRA = 900
"""Serial numbers from here on are orders that are sent while the database is in trouble."""


def _orders(field: Field) -> int:
    count: int = field.site.value("select count(*) from orders")
    return count


def _refused(field: Field, order: dict[str, Any]) -> Sent:
    """One delivery that must be answered "later", and soon, by a web process that cannot keep it."""
    sent = field.driver.send(order)
    limit = patience(field, 3)
    field.require(sent.status == 503, f"order {order['id']} was answered {sent.status} while the database was away")
    field.require(sent.seconds <= limit, f"that answer took {sent.seconds:.1f} s, {limit:.1f} s at most")
    return sent


# F26


def the_database_restarts(field: Field) -> None:
    """Stopped without a word and started again, three times, while orders come in."""
    last = field.driver.order(EXTRA)
    field.driver.place_in_background(field.orders, pause=0.05, within=120)
    for times in range(1, 4):
        until(
            lambda times=times: _orders(field) >= times * field.orders // 4,  # type: ignore[misc]
            within=patience(field, 30),
            what="orders came in",
        )
        field.site.postgres.stop("immediate")
        began = monotonic()
        while monotonic() - began < field.chance.uniform(0.3, 1.5):
            _refused(field, last)
        field.site.postgres.start()
        field.fault("the database was stopped at once and started again")
    field.driver.wait()
    field.driver.send_until_taken(last)


# F27

CHANCE = 0.02
CLICK_CHANCE = 0.3
THREADS = 16  # of both workers and of the web process together, about


def answers_to_commit_get_lost(field: Field) -> None:
    """A COMMIT arrives, and its answer does not: of messages, intents, outcomes, and in the end of refund clicks.

    Each of them would hold a thread for good if nobody gave the connection up. More are lost than there are threads, so
    it could not end well otherwise.
    """
    link = field.site.links["database"]
    link.lose_answer = lambda said: b"COMMIT" in said and field.chance.random() < CHANCE
    field.driver.place(field.orders, within=120)
    until(field.finished, within=patience(field, 90), every=0.2, what="every order came to its end")
    until(lambda: _settled(field), within=patience(field, 60), every=0.2, what="every order is delivered")
    link.lose_answer = None
    of_orders = link.lost
    field.fault("answers to COMMIT lost while orders were handled", count=of_orders)
    chosen = [str(number) for (number,) in field.site.rows("select number from orders order by id limit 5")]
    _ = field.site.api_token
    link.lose_answer = lambda said: b"COMMIT" in said and field.chance.random() < CLICK_CHANCE
    for number in chosen:
        field.driver.each(lambda clicked: _refund(field, clicked), [number])
    field.driver.wait()
    until(field.finished, within=patience(field, 60), every=0.2, what="the refunds came to their end")
    link.lose_answer = None
    field.fault("answers to COMMIT lost while refunds were clicked", count=link.lost - of_orders)
    field.notes["refunded"] = chosen


def _settled(field: Field) -> bool:
    undelivered: int = field.site.value("select count(*) from orders where status <> 'delivered'")
    return undelivered == 0


def _refund(field: Field, number: str) -> None:
    """Press the button until it is answered: the same preview's token each time, as a page that waits for its answer does."""
    for _ in range(40):
        shown = field.driver.preview(number, "refund", {"amount_minor": 100})
        if shown is not None:
            break
    assert shown is not None, f"{number} cannot be refunded"
    body = {"amount_minor": 100, "version": shown["version"], "token": shown["token"], "reason": "for a scratch"}
    for _ in range(40):
        click = field.driver.carry_out(number, "refund", body)
        if click.status == 200:
            return
        allowed = click.status in (None, 503) or click.code == "preview_outdated"
        field.require(allowed, f"{number}: the click was answered {click.status} {click.code}")
        if click.code == "preview_outdated":
            again = field.driver.preview(number, "refund", {"amount_minor": 100})
            body |= {"version": again["version"]} if again else {}


def each_refund_once(field: Field, found: Journals) -> None:
    by_order: dict[int, list[str]] = {}
    for refund in found.ledger.refunds:
        by_order.setdefault(refund["order_id"], []).append(refund["state"])
    field.require(len(by_order) == len(field.notes["refunded"]), f"{len(by_order)} orders have refunds")
    for order_id, states in by_order.items():
        field.require(states == ["succeeded"], f"order {found.ledger.external_id(order_id)} has refunds {states}")


# F28

HOLE = 6.0


def the_database_falls_silent(field: Field) -> None:
    """Nothing comes through to the database and nobody is told, for a while; then all of it does."""
    link = field.site.links["database"]
    field.driver.place_in_background(field.orders, pause=0.05, within=120)
    until(lambda: _orders(field) >= field.orders // 3, within=patience(field, 30), what="orders came in")
    last = field.driver.order(EXTRA)
    link.black_hole()
    began, tries = monotonic(), 0
    while monotonic() - began < HOLE:
        _refused(field, last)
        tries += 1
    link.heal()
    healed = monotonic()
    field.fault(f"the database was silent for {HOLE:g} s")
    field.driver.send_until_taken(last, within=patience(field, 30))
    took, limit = monotonic() - healed, patience(field, 5)
    field.notes["refused meanwhile"], field.notes["healed after"] = tries, f"{took:.1f} s"
    field.require(
        took <= limit, f"the first order was taken {took:.1f} s after the line was good, {limit:.1f} s at most"
    )
    field.driver.wait()


# F29

LOCKED = 3.0
CLIENTS = 30
_ABORTING = """
create sequence chaos_aborted;
create function chaos_abort() returns trigger language plpgsql as $$
begin
    if random() < 0.015 then
        perform nextval('chaos_aborted');
        raise exception 'aborted for practice' using errcode = (array['40P01', '40001'])[1 + floor(random() * 2)];
    end if;
    return new;
end $$;
create trigger chaos_abort before insert on inbox for each row execute function chaos_abort();
create trigger chaos_abort before insert or update on orders for each row execute function chaos_abort();
create trigger chaos_abort before update on steps for each row execute function chaos_abort();
"""
_NO_MORE = "drop function chaos_abort cascade"


def locks_and_deadlocks(field: Field) -> None:
    """The orders are locked for a while, transactions are aborted as by deadlocks, and many clients share few connections."""
    field.site.execute(_ABORTING)
    orders = [field.driver.order(serial) for serial in range(1, field.orders + 1)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        placed = [clients.submit(field.driver.send_until_taken, order, within=120) for order in orders]
        until(lambda: _orders(field) >= field.orders // 4, within=patience(field, 30), what="orders came in")
        with psycopg.connect(field.site.postgres.url(field.site.database)) as blocker:
            blocker.execute("lock table orders in access exclusive mode")
            field.pause(LOCKED)
        field.fault(f"the orders were locked for {LOCKED:g} s")
        for one in placed:
            one.result()
    until(field.finished, within=patience(field, 60), every=0.2, what="every order came to its end")
    field.site.execute(_NO_MORE)
    aborted = int(field.site.value("select last_value from chaos_aborted"))
    field.fault("transactions aborted", count=aborted)
    field.notes["tried again at once"] = len(field.site.said("tried again after"))
    field.require(field.site.said("tried again after"), "no transaction was tried again at once")


# F30

FILLED = ("orders", "inbox", "timeline", "steps", "attempts")
DISK_MEGABYTES = 24


def the_disk_is_full(field: Field) -> None:
    """The disk that the tables are on is filled to its last block, and freed after a while.

    A small file system of its own carries the tables that grow with every order. Only the root account can mount one.
    """
    if os.geteuid() != 0 or shutil.which("mount") is None:
        field.skip("only root can mount a small file system to fill")
    with _small_disk(field) as disk:
        field.driver.place(field.orders // 3, within=60)
        filler = disk / "filler"
        _fill(filler)
        field.fault(f"a disk of {DISK_MEGABYTES} MB was full")
        later = [field.driver.order(EXTRA + serial) for serial in range(40)]
        refused = 0
        for order in later:
            sent = field.driver.send(order)
            refused += sent.status == 503
            field.require(sent.status in (200, 202, 503), f"a full disk was answered {sent.status}")
        field.notes["refused"] = f"{refused} of {len(later)}"
        field.require(refused, "every order was kept although the disk was full")
        filler.unlink()
        for order in later:
            field.driver.send_until_taken(order, within=patience(field, 30))
        field.driver.place(field.orders - field.orders // 3, first=field.orders // 3 + 1, within=60)
        until(field.finished, within=patience(field, 60), every=0.2, what="every order came to its end")


@contextlib.contextmanager
def _small_disk(field: Field) -> Iterator[Path]:
    """A tablespace on a file system of a few megabytes, with the growing tables on it; everything goes back in the end."""
    disk = Path(tempfile.mkdtemp(prefix="holdfast-chaos-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "none", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        disk.rmdir()
        field.skip("this machine does not let a small file system be mounted")
    name = f"small_{field.site.database}"
    try:
        place = disk / "tables"
        place.mkdir()
        owner = Path(field.site.postgres.data).stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        disk.chmod(0o755)
        field.site.execute(f"create tablespace {name} location '{place}'")
        for table in FILLED:
            field.site.execute(f"alter table {table} set tablespace {name}")
        yield disk
    finally:
        for table in FILLED:
            field.site.execute(f"alter table {table} set tablespace pg_default")
        field.site.execute(f"drop tablespace if exists {name}")
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while filler.write(b"\0" * size) == size:
                    pass


# F32

NEWER = "parcel.insure"


def two_versions_side_by_side(field: Field) -> None:
    """A newer version adds a column while this one works, and promises steps that this one's workers do not know."""
    field.driver.place_in_background(field.orders, pause=0.1, within=120)
    until(lambda: _orders(field) >= field.orders // 4, within=patience(field, 30), what="orders came in")
    engine = create_engine(sqlalchemy_url(field.site.postgres.url(field.site.database)))
    with psycopg.connect(field.site.postgres.url(field.site.database)) as reader:
        reader.execute("select count(*) from orders")  # a long report, whose lock the newer version has to wait for
        with ThreadPoolExecutor(1) as newer:
            changing = newer.submit(migrate.patiently, engine, _expand)
            field.pause(2.5)
            field.require(not changing.done(), "the tables were changed under a reader")
            reader.rollback()
            changing.result(patience(field, 20))
    engine.dispose()
    field.fault("a column was added under load")
    field.site.execute(
        "insert into steps (order_id, kind, subject, generation, key, state, provider, data, due_at, fence, attempts, "
        "allowed, in_doubt, restore_epoch, outcome, error, category, result, requested_by, created_at) "
        f"select id, '{NEWER}', '', 1, number || ':{NEWER}:1', 'ready', '', '{{}}', clock_timestamp(), 0, 0, 8, false, "
        "(select epoch from sending), '', '', '', '{}', 'system', clock_timestamp() from orders"
    )
    count = int(field.site.value(f"select count(*) from steps where kind = '{NEWER}'"))
    field.fault("steps of an unknown kind were promised", count=count)
    field.driver.wait()
    until(lambda: _settled(field), within=patience(field, 60), every=0.2, what="every order is delivered")
    field.pause(1)
    touched = field.site.rows(
        f"select key from steps where kind = '{NEWER}' and (attempts > 0 or state <> 'ready' or woken_at is not null)"
    )
    field.require(not touched, f"{len(touched)} steps were touched by workers that do not know them")
    number = field.site.value("select min(number) from orders")
    shown = field.site.api("GET", f"/admin/orders/{number}")
    field.require(shown.status_code == 200, f"an order with such a step is answered {shown.status_code}")
    field.site.execute(f"update steps set state = 'done', done_at = clock_timestamp() where kind = '{NEWER}'")


def _expand(connection: Connection) -> None:
    connection.execute(text("alter table orders add column chaos_expanded text not null default ''"))


def no_sender_noticed(field: Field, found: Journals) -> None:
    refused = [sent for sent in found.sent if not sent.acknowledged]
    field.require(
        not refused, f"{len(refused)} deliveries were refused, the first with {[s.status for s in refused][:1]}"
    )
    field.require(not field.site.said("Traceback"), f"{len(field.site.said('Traceback'))} errors in the logs")


EXPERIMENTS = [
    Experiment(
        "F26",
        "The database stopped at once, three times",
        orders=45,
        minimum=3,
        run=the_database_restarts,
        recovery=15,
        short_orders=12,
        short_minimum=3,
    ),
    Experiment(
        "F27",
        "Answers to COMMIT lost on their way",
        orders=22,
        minimum=2 * THREADS,
        run=answers_to_commit_get_lost,
        judge=each_refund_once,
        site={"settings": IMPATIENT},
        links=("database",),
    ),
    Experiment(
        "F28",
        "The database silent for six seconds",
        orders=40,
        minimum=1,
        run=the_database_falls_silent,
        links=("database",),
        recovery=30,
    ),
    Experiment(
        "F29",
        "Locks, deadlocks, few connections",
        orders=40,
        minimum=20,
        run=locks_and_deadlocks,
        site={
            "settings": {
                "HOLDFAST_DATABASE_SECONDS": "2",
                "HOLDFAST_DATABASE_POOL": "2",
                "HOLDFAST_LOG_LEVEL": "info",
            }
        },
    ),
    Experiment("F30", "The disk full", orders=30, minimum=1, run=the_disk_is_full),
    Experiment(
        "F32",
        "Tables changed under load, two versions at once",
        orders=40,
        minimum=11,
        run=two_versions_side_by_side,
        judge=no_sender_noticed,
    ),
]
