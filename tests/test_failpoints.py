"""Failpoints: what their written form means, what each action does, and that a real shop cannot have any."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backend import failpoints, settings
from backend.domain.errors import ConfigurationError
from backend.failpoints import Failpoint, ReplyDropped, Struck


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def test_the_written_form_says_place_action_chance_and_seed() -> None:
    assert failpoints.parse("claim.after_commit=kill:0.2@7; call.sent=stop:1.5:0.5@3;wake.before=raise") == (
        Failpoint("claim.after_commit", "kill", chance=0.2, seed=7),
        Failpoint("call.sent", "stop", seconds=1.5, chance=0.5, seed=3),
        Failpoint("wake.before", "raise"),
    )
    assert failpoints.parse("") == ()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("claim.after_commit", "is not place=action"),
        ("claim.after_commit=explode", "is not place=action"),
        ("nowhere=kill", "there is no place 'nowhere'"),
        ("call.sent=kill:1.5", "the chance must be from 0 to 1"),
        ("call.sent=stop:61", "a stop may last 60 seconds"),
        ("wake.before=drop_reply", "no reply can be lost at wake.before"),
        ("call.sent=kill;call.sent=raise", "named only once"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        failpoints.parse(written)


def test_a_place_that_is_not_armed_is_passed() -> None:
    failpoints.arm("call.sent=raise")

    failpoints.hit(failpoints.CALL_REPLIED)

    assert failpoints.is_armed(failpoints.CALL_SENT)
    assert not failpoints.is_armed(failpoints.CALL_REPLIED)


@pytest.mark.parametrize(("action", "error"), [("raise", Struck), ("drop_reply", ReplyDropped)])
def test_an_armed_place_strikes_whoever_passes(action: str, error: type[Exception]) -> None:
    failpoints.arm(f"call.sent={action}")

    with pytest.raises(error):
        failpoints.hit(failpoints.CALL_SENT)


def test_the_same_seed_strikes_the_same_passes_and_about_the_share_that_was_asked_for() -> None:
    def strikes(seed: int) -> list[int]:
        failpoints.arm(f"call.sent=raise:0.2@{seed}")
        return [number for number in range(500) if _is_struck()]

    first = strikes(7)
    assert strikes(7) == first
    assert strikes(8) != first
    assert 60 <= len(first) <= 140


def _is_struck() -> bool:
    try:
        failpoints.hit(failpoints.CALL_SENT)
    except Struck:
        return True
    return False


def test_kill_ends_the_process_without_a_word() -> None:
    done = _pass_in_a_process("kill")

    assert done.returncode == -signal.SIGKILL
    assert "passed" not in done.stdout
    assert "failpoint call.sent: kill" in done.stderr


def test_stop_puts_the_whole_process_aside_for_a_while() -> None:
    done = _pass_in_a_process("stop:0.4")

    assert done.returncode == 0
    assert float(done.stdout.split()[1]) >= 0.35


def _pass_in_a_process(action: str) -> "subprocess.CompletedProcess[str]":
    program = (
        "from backend import clock, failpoints\n"
        f"failpoints.arm('call.sent={action}')\n"
        "began = clock.monotonic()\n"
        "failpoints.hit(failpoints.CALL_SENT)\n"
        "print('passed', clock.monotonic() - began)"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("name", "value"), [("HOLDFAST_FAILPOINTS", "claim.after_commit=kill:0.2@7"), ("HOLDFAST_GRACE_SCALE", "0.3")]
)
def test_a_real_shop_does_not_start_with_what_puts_orders_at_risk(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=f"{name} would put orders at risk, and this is not a demo"):
        settings.load()

    monkeypatch.setenv("HOLDFAST_DEMO", "true")
    assert settings.load().demo


def test_a_failpoint_that_does_not_exist_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DEMO", "true")
    monkeypatch.setenv("HOLDFAST_FAILPOINTS", "nowhere=kill")

    with pytest.raises(ConfigurationError, match="HOLDFAST_FAILPOINTS is 'nowhere=kill'"):
        settings.load()
