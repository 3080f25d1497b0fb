"""Campaign A, crashes: workers, sweepers, the whole machine, the queue; killed, stopped, emptied, flooded."""

import signal
from collections import Counter

from backend import failpoints
from backend.clock import monotonic
from tests.chaos.experiment import Experiment, Field
from tests.chaos.journals import Journals
from tests.waiting import until

KILLS_EACH = 3
"""How often F02 kills at each place."""


def killed_again_and_again(field: Field) -> None:
    """A random worker is killed every 0.6 seconds while orders come in."""
    with field.site.kept():
        field.driver.place_in_background(field.orders, pause=0.1)
        while field.faults < field.orders // 4 or not field.driver.all_placed():
            field.pause(0.6)
            index = field.chance.randrange(len(field.site.workers))
            field.site.workers[index].send_signal(signal.SIGKILL)
            field.fault(f"SIGKILL to worker {index}")


TOGETHER = (
    (failpoints.WAKE_BEFORE, failpoints.CLAIM_AFTER_COMMIT, failpoints.INTENT_AFTER_COMMIT, failpoints.SWEEP_MID_BATCH),
    (failpoints.CALL_SENT, failpoints.CALL_REPLIED, failpoints.OUTCOME_BEFORE_COMMIT, failpoints.OUTCOME_COMMIT_LOST),
)
"""The places that workers pass, in groups that are armed together."""
SELDOM = (failpoints.WAKE_BEFORE, failpoints.SWEEP_MID_BATCH)
WEB_PASSES = (failpoints.INBOX_BEFORE_COMMIT, failpoints.INBOX_AFTER_COMMIT)


def killed_at_every_place(field: Field) -> None:
    """Failpoints kill whoever passes them by their dice, until each has done so several times."""
    each = field.orders // 4
    with field.site.kept():
        for number, places in enumerate(TOGETHER):
            _workers_killed_at(field, places, first=1 + number * each, count=each)
        _web_killed_at(field, WEB_PASSES, first=1 + 2 * each, count=each)
        _killed_before_the_audit(field, range(1 + 3 * each, 1 + 4 * each))
    struck = field.site.strikes()
    for place in failpoints.PLACES:
        field.fault(f"killed {struck[place]} times at {place}", count=struck[place])
        field.require(struck[place], f"nobody was killed at {place}")


def _workers_killed_at(field: Field, places: tuple[str, ...], *, first: int, count: int) -> None:
    site = field.site
    site.failpoints = _killing(places)
    site.restart_workers()
    field.driver.place_in_background(count, first=first)
    until(lambda: _struck_enough(field, places), within=90, what="somebody was killed at each place", every=0.2)
    site.failpoints = ""
    site.restart_workers()
    field.driver.wait()


def _killing(places: tuple[str, ...]) -> str:
    return ";".join(f"{place}=kill:{0.3 if place in SELDOM else 0.1}@{{seed}}" for place in places)


def _struck_enough(field: Field, places: tuple[str, ...]) -> bool:
    struck = field.site.strikes()
    # Whoever starts now is killed only where that is still wanted: tries end, and a step may not use them all up here.
    field.site.failpoints = _killing(tuple(place for place in places if struck[place] < KILLS_EACH))
    if failpoints.SWEEP_MID_BATCH in places and struck[failpoints.SWEEP_MID_BATCH] < KILLS_EACH:
        # The sweep hands something out, and so passes its failpoint, only where the queue has lost something.
        field.site.execute("delete from huey_task; update steps set woken_at = null where state = 'ready'")
        field.pause(0.5)
    return all(struck[place] >= KILLS_EACH for place in places) or field.finished()


def _web_killed_at(field: Field, places: tuple[str, ...], *, first: int, count: int) -> None:
    """The sender repeats what was not acknowledged, as senders do."""
    field.site.web_failpoints = ";".join(f"{place}=kill:0.15@{{seed}}" for place in places)
    field.site.restart_web()
    field.driver.place_in_background(count, first=first)
    until(
        lambda: all(field.site.strikes()[place] >= KILLS_EACH for place in places) or field.finished(),
        within=90,
        what="the web process was killed at each place",
        every=0.1,
    )
    field.site.web_failpoints = ""
    field.site.restart_web()
    field.driver.wait()


def _killed_before_the_audit(field: Field, serials: range) -> None:
    """The web process dies in the middle of a refund; the person clicks again, with the same button."""
    site = field.site
    field.driver.place(len(serials), first=serials.start)
    until(field.finished, within=60, what="there are orders to pay back")
    site.web_failpoints = f"{failpoints.AUDIT_BEFORE_LINK}=kill:0.5@{{seed}}"
    site.restart_web()
    for serial in serials:
        number = site.number_of(serial)
        until(lambda number=number: _refund(field, number), within=30, what=f"{number} is paid back", every=0.1)
    site.web_failpoints = ""
    site.restart_web()


def _refund(field: Field, number: str) -> bool:
    """Pressed until it is answered, with one preview for as long as that is valid."""
    chosen = {"amount_minor": 100}
    shown = field.driver.preview(number, "refund", chosen)
    if shown is None:
        return False
    body = {**chosen, "version": shown["version"], "token": shown["token"], "reason": "damaged on the way"}
    clicks = [field.driver.carry_out(number, "refund", body) for _ in range(4)]
    return any(click.status == 200 for click in clicks)


def few_tries(field: Field, found: Journals) -> None:
    """A step is tried again because its worker was killed, and hardly ever for another reason.

    One kill ends the tries of all the steps that its worker had under way, so a step may well be met several times; what
    it may not do is need many tries that nobody ended, or come to the end of its tries.
    """
    undisturbed = Counter(one["step_id"] for one in found.ledger.attempts if one["outcome"] != "unfinished")
    most = max(undisturbed.values(), default=0)
    field.notes["most tries of a step"] = max((step["attempts"] for step in found.ledger.steps), default=0)
    field.require(most <= (2 if field.crowding < 1.2 else 4), f"a step took {most} tries that nobody ended")
    parked = [step["key"] for step in found.ledger.steps if step["state"] == "parked"]
    field.require(not parked, f"out of tries: {parked}")


def answers_lost_everywhere(field: Field) -> None:
    """Wherever an answer can be lost, a share of them is; and a share of transactions breaks off before its commit."""
    field.driver.place(field.orders)
    until(field.finished, within=90, what="every order has come to an end")
    for place, count in field.site.strikes().items():
        field.fault(f"{count} × {place}", count=count)


def ended_as_in_a_deployment(field: Field) -> None:
    """SIGTERM, SIGINT and SIGHUP to workers that are in the middle of steps, and others in their place."""
    field.driver.place_in_background(field.orders, pause=0.15)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for turn in range(5):
            field.pause(0.3)
            index = turn % len(field.site.workers)
            field.site.kill_worker(index, number)
            field.fault(f"{number.name} to worker {index}")
        if number is signal.SIGTERM:
            cut_off = field.site.value("select count(*) from attempts where outcome = 'unfinished'")
            field.require(cut_off == 0, f"SIGTERM cut off {cut_off} steps that were under way")


def put_aside(field: Field) -> None:
    """Workers stop for longer than their lease and go on as if nothing had happened; half of them just before a call."""
    field.driver.place_in_background(field.orders, pause=0.2)
    for turn in range(4):
        field.pause(0.5)
        worker = field.site.workers[turn % len(field.site.workers)]
        worker.send_signal(signal.SIGSTOP)
        field.fault(f"SIGSTOP to worker {turn % len(field.site.workers)} for 3 s")
        field.pause(3)
        worker.send_signal(signal.SIGCONT)
    field.driver.wait()
    until(field.finished, within=60, what="every order has come to an end")
    for place, count in field.site.strikes().items():
        field.fault(f"{count} × stopped at {place} for 3 s", count=count)


def late_writes_were_refused(field: Field, _: Journals) -> None:
    refused = len(field.site.said("was taken over"))
    field.notes["late writes refused by the fence"] = refused
    field.require(refused >= 1, "no late write was refused, so the fence was not tested")


def power_cuts(field: Field) -> None:
    """Database, workers and web process gone in one instant, twice, in the middle of everything."""
    field.driver.place_in_background(field.orders, pause=0.1, within=90)
    for _ in range(2):
        field.pause(2)
        field.site.power_cut()
        field.fault("database, workers and web killed")
        field.pause(0.5)
        began = monotonic()
        field.site.power_back()
        ready = monotonic() - began
        field.notes.setdefault("seconds until ready", []).append(round(ready, 1))
        field.require(ready <= 20 * field.crowding, f"it took {ready:.1f} s to be ready again")


def step_that_ends_its_worker(field: Field) -> None:
    """Every worker that is about to call dies, time and again: the step is parked and its order held, in the end."""
    site = field.site
    with site.kept():
        field.driver.place(field.orders)
        site.execute("update steps set allowed = 2 where state in ('ready', 'running')")
        until(
            lambda: site.value("select count(*) from holds where kind = 'outcome_unknown'") == field.orders,
            within=45,
            what="the orders are held",
            otherwise=lambda: str(site.rows("select kind, state, attempts, allowed from steps")),
        )
        field.fault("killed before a call", count=site.strikes()[failpoints.INTENT_AFTER_COMMIT])
        site.failpoints = ""
        site.restart_workers()
        for number, hold in site.rows("select o.number, h.id from holds h join orders o on o.id = h.order_id"):
            clicked = field.driver.click(number, "ask", {"hold_id": hold})
            field.require(clicked.status == 200, f"the provider could not be asked about {number}: {clicked}")


def sweepers_dead(field: Field) -> None:
    """Sweepers die alone while their workers live: another process sweeps; with the last one gone, the alarm rings."""
    site = field.site
    site.worker_mutants = ("no_sweeper",)
    site.replace_worker(0)
    field.fault("the sweeper of worker 0 is dead")
    field.driver.place_in_background(field.orders, pause=0.05)
    for _ in range(3):
        field.pause(0.5)
        site.execute("truncate huey_task")
        age = site.value("select extract(epoch from clock_timestamp() - max(last_sweep_at))::float8 from workers")
        field.require(age <= 5, f"nobody has swept for {age:.1f} s although another sweeper lives")
    field.driver.wait()
    site.replace_worker(1)
    field.fault("the last sweeper is dead")
    # What would be 25 seconds of waiting: let the last sweep be that long ago.
    site.execute("update workers set last_sweep_at = last_sweep_at - interval '25 seconds'")
    site.execute("truncate huey_task")
    until(lambda: not site.is_ready(), within=10, what="the alarm rings within 30 s of the last sweep")
    site.worker_mutants = ()
    site.replace_worker(0)
    until(site.is_ready, within=10, what="the alarm ends when somebody sweeps again")


def queue_emptied(field: Field) -> None:
    """The queue's tables are emptied when half of the orders are in, and again and again until the last one is.

    Workers stand still until then, so that there surely is something to lose.
    """
    for worker in field.site.workers:
        worker.send_signal(signal.SIGSTOP)
    field.driver.place_in_background(field.orders, pause=0.02)
    half = field.orders // 2
    until(lambda: field.site.value("select count(*) from orders") >= half, within=60, what="half of the orders are in")
    lost = _empty_the_queue(field)
    for worker in field.site.workers:
        worker.send_signal(signal.SIGCONT)
    while not field.driver.all_placed():
        lost += _empty_the_queue(field)
        field.pause(0.2)
    field.fault(f"{lost} wake-ups lost", count=lost)


def _empty_the_queue(field: Field) -> int:
    lost: int = field.site.value("with gone as (delete from huey_task returning id) select count(*) from gone")
    field.site.execute("truncate huey_task, huey_schedule")
    return lost


FLOOD = """
    create table flood_count (copies bigint not null);
    create function flood() returns trigger language plpgsql as $$
    begin
        if pg_trigger_depth() = 1 then
            insert into huey_task (queue, data, priority)
                select new.queue, new.data, random() from generate_series(1, 49);
            insert into flood_count values (49);
        end if;
        return null;
    end $$;
    create trigger flood after insert on huey_task for each row execute function flood();
"""


def flooded_with_wakeups(field: Field) -> None:
    """Each wake-up reaches the queue fifty times, in any order."""
    field.site.execute(FLOOD)
    field.driver.place(field.orders)
    until(field.finished, within=90, what="every order has come to an end")
    copies = field.site.value("select coalesce(sum(copies), 0)::bigint from flood_count")
    field.fault(f"{copies} wake-ups too many", count=copies)


def no_call_too_many(field: Field, found: Journals) -> None:
    """A step is tried again only where its last try has failed (on a busy machine one may run out of time)."""
    failed = sum(attempt["outcome"] != "ok" for attempt in found.ledger.attempts)
    steps = len({attempt["step_id"] for attempt in found.ledger.attempts})
    tries = len(found.ledger.attempts)
    field.notes["tries"] = f"{tries} for {steps} steps, {failed} of them failed"
    field.require(tries <= steps + failed, f"{tries} tries for {steps} steps, of which {failed} failed")


EXPERIMENTS = [
    Experiment(
        "F01", "SIGKILL to a random worker every 0.6 s", 80, 20, killed_again_and_again,
        recovery=15, short_orders=12, short_minimum=4,
    ),
    Experiment("F02", "Killed at each of the eleven failpoints", 32, 25, killed_at_every_place, few_tries),
    Experiment(
        "F02R", "Answers lost, transactions broken off, everywhere", 30, 40, answers_lost_everywhere,
        site={
            "failpoints": "claim.after_commit=drop_reply:0.05@{seed};call.sent=drop_reply:0.08@{seed};"
            "call.replied=drop_reply:0.08@{seed};outcome.commit_lost=drop_reply:0.08@{seed};"
            "outcome.before_commit=raise:0.08@{seed};wake.before=raise:0.1@{seed}",
            "web_failpoints": "inbox.before_commit=raise:0.1@{seed};inbox.after_commit=drop_reply:0.2@{seed}",
        },
        exempt={"I13": "a transaction that is broken off on purpose is a bug to the API: it answers 500"},
        short_orders=8, short_minimum=8,
    ),
    Experiment("F03", "SIGTERM, SIGINT, SIGHUP in mid-task", 40, 15, ended_as_in_a_deployment, recovery=10),
    Experiment(
        "F04", "SIGSTOP for longer than the lease, then SIGCONT", 40, 8, put_aside, late_writes_were_refused,
        site={"failpoints": "intent.after_commit=stop:3:0.02@{seed}", "workers": 3},
    ),
    Experiment("F05", "Power cut: database, workers and web at once", 60, 2, power_cuts),
    Experiment("F07", "Sweepers die alone", 20, 2, sweepers_dead),
    Experiment(
        "F08", "The queue is emptied in mid-run", 60, 10, queue_emptied,
        recovery=15, short_orders=12, short_minimum=5,
    ),
    Experiment("F09", "Each wake-up fifty times", 9, 2500, flooded_with_wakeups, no_call_too_many),
    Experiment(
        "F47", "A step that ends its worker each time", 2, 4, step_that_ends_its_worker,
        site={"failpoints": "intent.after_commit=kill"},
    ),
]  # fmt: skip
