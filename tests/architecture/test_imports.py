"""Imports point one way: the contracts in pyproject.toml hold, and each of them catches a breach."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT

BREACHES = {
    "dashboard and jobs stand on the backend, never on each other": ("jobs/steps.py", "import dashboard.build"),
    "Inside the backend, imports point one way": ("backend/domain/money.py", "import backend.store.db"),
    "Integrations never touch the store": ("backend/integrations/http.py", "import backend.store.db"),
    "The domain and the ports do no input or output": ("backend/domain/money.py", "import httpx"),
    "Screens, jobs and the HTTP API see services, not tables or providers": (
        "jobs/steps.py",
        "import backend.store.tables",
    ),
    "The sandbox imports nothing of ours": ("backend/sandbox/money.py", "import backend.domain.money"),
    "Siblings form no cycles": ("backend/store/ids.py", "import backend.store.migrate"),
}


def lint(folder: Path) -> dict[str, str]:
    """Verdict per contract, for the packages in `folder`."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)$", done.stdout, re.MULTILINE))
    assert verdicts, done.stdout + done.stderr
    return verdicts


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept() -> None:
    assert set(lint(ROOT).values()) == {"KEPT"}


def test_every_contract_catches_its_breach(copy: Path) -> None:
    for place, statement in BREACHES.values():
        path = copy / place
        path.write_text(path.read_text(encoding="utf-8") + f"\n{statement}\n", encoding="utf-8")

    assert lint(copy) == dict.fromkeys(BREACHES, "BROKEN")


def test_a_new_package_of_the_backend_must_be_given_its_place(copy: Path) -> None:
    (copy / "backend" / "helpers.py").write_text("", encoding="utf-8")

    assert lint(copy)["Inside the backend, imports point one way"] == "BROKEN"
