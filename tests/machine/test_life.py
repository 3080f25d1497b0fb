"""Generated lives keep every promise; and with one defence taken away, they find out.

`HOLDFAST_TEST_LIVES=500x60` lives more and longer ones (examples × steps), at random, with everything that can happen.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from backend.domain.retries import NextMove
from backend.services import sending, step_jobs
from backend.store import steps
from tests.conftest import Database
from tests.copies import Copies
from tests.machine.life import Life
from tests.machine.outside import Behaviour

LIVES, STEPS = (int(number) for number in os.environ.get("HOLDFAST_TEST_LIVES", "12x25").split("x"))
RANDOM = "HOLDFAST_TEST_LIVES" in os.environ


@pytest.fixture
def copies(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copies]:
    monkeypatch.setenv("HOLDFAST_RETRY_SCALE", "0.01")
    # The product's own dice would let the same life go another way when it is lived again.
    monkeypatch.setattr(secrets, "randbelow", lambda bound: bound // 2)
    made = Copies(database.url)
    yield made
    made.close()


def live(copies: Copies, *, lives: int = LIVES, steps: int = STEPS, **world: Any) -> None:
    """Let the machine live so many lives in a world of this kind."""
    machine = type("Life", (Life,), {"copies": copies, "empty": copies.take(), **world})
    chosen = settings(
        max_examples=lives,
        stateful_step_count=steps,
        derandomize=not RANDOM,
        deadline=None,
        database=None,
        print_blob=True,
        phases=(Phase.generate, Phase.shrink) if RANDOM else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "world",
    [
        pytest.param({}, id="a key and a question"),
        pytest.param({"key_seconds": None}, id="a question only"),
        pytest.param({"can_ask": False}, id="a key only"),
        pytest.param({"key_seconds": None, "can_ask": False}, id="neither"),
    ],
)
def test_whatever_happens_everything_holds(copies: Copies, world: dict[str, Any]) -> None:
    live(copies, **world)


TWICE = "charge for|invoice for|label for|paid back twice|more refunds|ours .* theirs"
"""Something happened twice, or outside and not in our books."""
TROUBLE = (Behaviour.OK, Behaviour.LOST, Behaviour.LATE)


DISASTER = ("take_backup", "restore_backup", "click_go")
BESIDE_THE_POINT = (
    *("duplicate", "news", "questions_fail_or_work_again", "hold_by_hand", "role_changes", "click_on_a_hold"),
    *("click_retry_of_a_document", "click_refund", "click_cancel"),
)
"""What happens in a life, but need not happen for a defence to be missed: without it that shows after a few lives."""


def found_out(copies: Copies, *, leave: tuple[str, ...] = DISASTER, **world: Any) -> None:
    """Lives until something happened twice. Time goes on by itself, so a replay may come out differently."""
    findings: list[str] = []
    never = {} if RANDOM else {name: _no_rule(name) for name in (*BESIDE_THE_POINT, *leave)}
    with pytest.raises((AssertionError, Flaky)):
        live(copies, lives=400, outcomes=TROUBLE, findings=findings, **world, **never)
    assert [finding for finding in findings if re.search(TWICE, finding)], findings


def _no_rule(name: str) -> Callable[..., object]:
    """The method, as something that happens only where it is called."""
    method = getattr(Life, name)
    return lambda self, *arguments, **more: method(self, *arguments, **more)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "world",
    [
        pytest.param({"key_seconds": None, "declared_lag": 0.0}, id="the provider is later than it says"),
        pytest.param({"can_ask": False, "remembers": 0.0}, id="the provider forgets keys at once"),
    ],
)
def test_a_provider_that_breaks_its_word_is_found_out(copies: Copies, world: dict[str, Any]) -> None:
    found_out(copies, **world)


@pytest.mark.timeout(600)
def test_doubt_that_is_ignored_is_found_out(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_jobs, "before_repeat", lambda *_, **__: NextMove.CALL)
    found_out(copies, key_seconds=None)


@pytest.mark.timeout(600)
def test_a_restored_backup_that_nobody_is_told_of_is_found_out(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "restored", lambda *_, **__: None)
    found_out(copies, leave=(), key_seconds=None)


@pytest.mark.timeout(600)
def test_a_dead_workers_step_that_is_taken_for_new_is_found_out(
    copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = steps.claim

    def certain(session: Any, step_id: int, lease: float) -> Any:
        found = claim(session, step_id, lease)
        if found is not None and found.orphaned:
            found.step.in_doubt = False
        return found

    monkeypatch.setattr(steps, "claim", certain)
    found_out(copies, key_seconds=None)
