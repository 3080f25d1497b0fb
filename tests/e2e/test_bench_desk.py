"""`holdfast bench desk` on a small shop: every click, query and live desk is measured, and the shop is gone afterwards."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from backend.installation.product import ROOT


@pytest.mark.timeout(300)
def test_a_small_measurement_has_every_figure_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = os.environ.get("HOLDFAST_TEST_CHROMIUM")
    command = [sys.executable, "-m", "backend.cli", "bench", "desk", "--orders", "400", "--rounds", "2", "--desks", "3"]
    command += ["--seconds", "1", "--json", *(["--chromium", found] if found else [])]
    with tempfile.TemporaryDirectory(prefix="hf-") as place:
        environment = {**os.environ, "HOLDFAST_HOME": str(tmp_path / "home"), "TMPDIR": place}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        left = sorted(Path(place).glob("holdfast-desk-*"))

    assert done.returncode in (0, 1), done.stderr
    figures = json.loads(done.stdout)
    assert done.returncode == (1 if figures["missed"] else 0)
    clicks = figures["clicks"]
    assert {name for name, click in clicks.items() if click["p50_ms"] <= 0} == set()
    for name in ("empty click", "open /held", "j / k", "search by name", "open an order", "a click acknowledged"):
        assert clicks[name]["rounds"] >= 2, name
    assert figures["queries"]["search by e-mail"]["bare_ms"] > 0
    assert (figures["live"]["desks"], figures["live"]["holds"], figures["live"]["missing"]) == (3, 10, 0)
    assert left == []
    assert not (tmp_path / "home").exists()
