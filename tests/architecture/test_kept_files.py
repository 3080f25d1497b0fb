"""What is under version control works anywhere: no path of one machine, no address of a package registry."""

import json
import re

import pytest

from tests.architecture.source import ROOT, kept_files

_PLACES = re.compile(r"(?<![\w.:/$}<-])/(?:home|root|work|Users|private|opt|tmp|mnt)/[\w.-]+")
_REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|registry\.yarnpkg|npm\.pkg\.github|--(?:extra-)?index-url|--find-links"
)
_MAY_NAME_THEM = {"tests/architecture/test_kept_files.py", "Makefile"}


def breaches(text: str) -> list[str]:
    """Lines that name a place on one machine or a registry."""
    return [line.strip() for line in text.splitlines() if _PLACES.search(line) or _REGISTRIES.search(line)]


def test_no_file_names_a_place_on_one_machine_or_a_registry() -> None:
    found = {}
    for path in kept_files():
        name = path.relative_to(ROOT).as_posix()
        if name not in _MAY_NAME_THEM and (lines := breaches(path.read_text(encoding="utf-8", errors="replace"))):
            found[name] = lines[:3]

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        'HOME = "/home/anna/shop"',
        "see /Users/anna/holdfast.log",
        "--index-url https://packages.example/simple",
        '"resolved": "https://registry.npmjs.org/vite/-/vite-7.0.0.tgz"',
    ],
)
def test_such_a_line_is_found(line: str) -> None:
    assert breaches(line) == [line]


@pytest.mark.parametrize("line", ["GET /orders/home/x", "https://shop.example/home/x", "vite==7.0.0 --hash=sha256:ab"])
def test_other_lines_are_not(line: str) -> None:
    assert breaches(line) == []


def test_every_locked_python_package_has_a_version_and_a_hash() -> None:
    entries = re.split(r"\n(?=\w)", (ROOT / "requirements.lock").read_text(encoding="utf-8").strip())

    assert len(entries) > 50
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+", entry) or "--hash=sha256:" not in entry] == []


def test_every_locked_node_package_has_a_version_and_a_hash_and_no_address() -> None:
    lock = json.loads((ROOT / "reflex.lock" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: facts for name, facts in lock["packages"].items() if name}

    assert len(packages) > 50
    assert {name for name, facts in packages.items() if not facts.get("version")} == set()
    assert {name for name, facts in packages.items() if "resolved" in facts} == set()
    assert {name for name, facts in packages.items() if not facts.get("integrity") and not facts.get("link")} == set()
