"""An experiment: a fault, how often it must strike at least, and the rule of its own beside the invariants."""

import importlib
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

from backend.clock import monotonic
from tests.chaos import invariants, journals
from tests.chaos.driver import Driver
from tests.chaos.journals import Journals
from tests.chaos.site import Ground, Site
from tests.waiting import crowding


class Verdict(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    INVALID = "INVALID"  # too few faults struck to prove anything
    SKIPPED = "SKIPPED"  # this machine does not allow the fault to be made; the reason is told


class Skipped(Exception):
    """The fault cannot be made on this machine."""


class Field:
    """What an experiment works with. Every fault it makes goes through `fault`, so that it is counted and printed."""

    def __init__(self, site: Site, driver: Driver, *, orders: int, seed: int, began: float) -> None:
        self.site = site
        self.driver = driver
        self.orders = orders
        self.seed = seed
        self.chance = random.Random(f"{seed}:field")
        self.schedule: list[str] = []
        self.findings: list[str] = []
        self.notes: dict[str, Any] = {}
        self.faults = 0
        self.last_fault = began
        self.crowding = crowding()
        self._began = began

    def fault(self, what: str, count: int = 1) -> None:
        """A fault has struck, now (`count` of them)."""
        self.faults += count
        self.last_fault = monotonic()
        self.schedule.append(f"{self.last_fault - self._began:6.2f} s  {what}")

    def require(self, holds: object, sentence: str) -> None:
        """The experiment's own rule: what is not so is a finding, and the rest goes on."""
        if not holds:
            self.findings.append(sentence)

    def pause(self, seconds: float) -> None:
        """Let the product run for a while between faults."""
        time.sleep(seconds)

    def skip(self, reason: str) -> NoReturn:
        """End the experiment because this machine cannot make its fault; said in the report, never in silence."""
        self.notes["skipped"] = reason
        raise Skipped(reason)

    def finished(self) -> bool:
        """Whether every order has been placed and none has anything left to do."""
        return self.driver.all_placed() and journals.unfinished(self.site) == 0


@dataclass(frozen=True)
class Experiment:
    """`run` makes the faults and returns when the last has struck; then all comes to rest, and the journals are read.

    `judge` is the own rule, asked then; `minimum`: fewer faults than this prove nothing. `short_orders` and
    `short_minimum` are for the shorter part that `make test` runs (0: not part of it). `site`: options of `Site`;
    `links`: which of its links are proxies ("database", "sandbox"); `site.links[name]` then is the proxy.
    `exempt`: invariants that cannot hold here, each with its reason. `recovery`: seconds within which all must be at
    rest after the last fault, on a machine that has nothing else to do.
    """

    id: str
    title: str
    orders: int
    minimum: int
    run: Callable[[Field], None]
    judge: Callable[[Field, Journals], None] = lambda _field, _found: None
    site: dict[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    exempt: dict[str, str] = field(default_factory=dict)
    recovery: float = journals.LONGEST_QUIESCE
    short_orders: int = 0
    short_minimum: int = 0


@dataclass(frozen=True)
class Result:
    """What became of one experiment. `recovery`: seconds from the last fault until all was at rest."""

    experiment: Experiment
    seed: int
    orders: int
    minimum: int
    verdict: Verdict
    faults: int
    seconds: float
    recovery: float | None
    findings: tuple[str, ...]
    schedule: tuple[str, ...]
    notes: dict[str, Any]


def conduct(
    ground: Ground, experiment: Experiment, *, seed: int, short: bool = False, mutants: tuple[str, ...] = ()
) -> Result:
    """Run one experiment on a site of its own. `mutants`: defences to take out first."""
    began = monotonic()
    orders = experiment.short_orders if short and experiment.short_orders else experiment.orders
    minimum = experiment.short_minimum if short and experiment.short_orders else experiment.minimum
    with ground.site(experiment.id, seed=seed, mutants=mutants, links=experiment.links, **experiment.site) as site:
        for mutant in mutants:
            if statement := getattr(importlib.import_module(f"tests.chaos.mutants.{mutant}"), "DATABASE", ""):
                site.execute(statement)
        driver = Driver(site, seed)
        ready = Field(site, driver, orders=orders, seed=seed, began=monotonic())
        recovery: float | None = None
        skipped = False
        try:
            experiment.run(ready)
            driver.wait()
            found = journals.read(site, driver)
            recovery = None if found.quiet is None else _recovery(ready, found)
            _judge(experiment, ready, found, recovery)
        except Skipped:
            skipped = True
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            ready.findings.append(f"it broke off: {type(error).__name__}: {error} ({where.name}, line {where.lineno})")
        finally:
            driver.close()
        strikes = dict(site.strikes())
    if strikes:
        ready.notes["strikes"] = strikes
    verdict = Verdict.FAIL if ready.findings else Verdict.INVALID if ready.faults < minimum else Verdict.PASS
    if skipped:
        verdict = Verdict.SKIPPED
    return Result(
        experiment,
        seed,
        orders,
        minimum,
        verdict,
        ready.faults,
        monotonic() - began,
        recovery,
        tuple(ready.findings),
        tuple(ready.schedule),
        ready.notes,
    )


def _recovery(ready: Field, found: Journals) -> float:
    """`quiet` counts from when the last order was placed, which may be before or after the last fault."""
    assert found.quiet is not None
    return max(0.0, found.quiet + found.began - ready.last_fault)


def _judge(experiment: Experiment, ready: Field, found: Journals, recovery: float | None) -> None:
    ready.findings += invariants.findings(found, exempt=experiment.exempt)
    experiment.judge(ready, found)
    patience = experiment.recovery * max(ready.crowding, crowding())
    if recovery is not None and recovery > patience:
        ready.findings.append(f"it took {recovery:.1f} s to recover; {patience:.1f} s at most")
