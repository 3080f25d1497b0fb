"""A tiny measurement gives every number. How large the numbers are is no business of a test: machines differ."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from backend.bench.pipeline import WANTED
from backend.installation.product import ROOT

STATEMENTS = 98
"""What the steps of one order may ask of the database, without the beginnings and ends of transactions."""


def bench(*arguments: str, temporary: str = "/tmp") -> subprocess.CompletedProcess[str]:
    """The command as people run it, with a setting around it that a measurement must not look at."""
    environment = {
        **os.environ,
        "HOLDFAST_STRIPE_API_KEY": "sk_live_of_a_real_shop",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "TMPDIR": temporary,
    }
    command = [sys.executable, "-m", "backend.cli", "bench", "pipeline", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="module")
def tiny() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        wanted = ("--orders", "6", "--wakes", "3", "--scale", "2", "--latency-ms", "5", "--threads", "2", "--json")
        done = bench(*wanted, temporary=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert list(Path(folder).iterdir()) == []
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_tiny_run_is_valid_and_says_what_was_asked_for(tiny: dict[str, Any]) -> None:
    assert (tiny["valid"], tiny["problems"]) == (True, [])
    assert tiny["wish"] == {
        "orders": 6, "workers": 2, "threads": 2, "latency_ms": 5.0, "scale": 2, "wakes": 3, "profile": False,
    }  # fmt: skip


def test_every_round_has_all_its_numbers(tiny: dict[str, Any]) -> None:
    for name, orders in (("ours", 6), ("floor", 6), ("scaled", 12)):
        found = tiny[name]
        assert found["orders"] == orders
        assert found["orders_per_second"] == pytest.approx(orders / found["seconds"], rel=0.01)
        assert found["client_cpu_ms"] > 0
        assert found["postgres_cpu_ms"] > 0


def test_rates_are_compared(tiny: dict[str, Any]) -> None:
    ours, floor, scaled = (tiny[name]["orders_per_second"] for name in ("ours", "floor", "scaled"))
    assert (tiny["ratio"], tiny["scaled_ratio"]) == (pytest.approx(ours / floor), pytest.approx(scaled / ours))


def test_wake_ups_are_measured(tiny: dict[str, Any]) -> None:
    assert 0 < tiny["wake_p50_ms"] <= tiny["wake_p99_ms"]


def test_the_floor_waits_as_often_as_our_adapters_call(tiny: dict[str, Any]) -> None:
    """Read and capture; find the invoice and the client, make both; invoice and its PDF; address check; label."""
    assert tiny["waits"] == 2 + 4 + 2 + 1 + 1


def test_an_order_costs_no_more_statements_than_it_did(tiny: dict[str, Any]) -> None:
    """Two transactions for each step that calls, one for each that need not. A count, so it is the same on any machine.

    Raise the limit only for something that an order needs; `bench pipeline` tells what it costs.
    """
    assert tiny["transactions"] == 2 * len(WANTED) + 3
    assert tiny["statements"] <= STATEMENTS


def test_wrong_use_is_exit_code_2() -> None:
    done = bench("--orders", "0")
    assert done.returncode == 2
    assert "Invalid value for '--orders'" in done.stderr
