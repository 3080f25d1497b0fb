"""The reference data beside the project, where a checkout has it; tests that need it are skipped elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
_REFERENCE = Path(__file__).parents[3] / "shared" / "providers"


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text("utf-8"))


def reference(name: str) -> bytes:
    path = _REFERENCE / name
    if not path.exists():
        pytest.skip("needs the reference data in ../shared/providers")
    return path.read_bytes()
