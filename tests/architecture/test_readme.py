"""What README and the docs tell people to type exists: make targets, commands with their options, files, settings."""

import re
from pathlib import Path

import pytest
import typer

from backend.cli import cli
from backend.settings import Settings
from tests.architecture.source import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def unknown(text: str, *, beside: Path = ROOT) -> list[str]:
    """What a page names that does not exist."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    found = [f"make {name}" for name in re.findall(r"^\s*make ([a-z]+)", text, re.MULTILINE) if name not in targets]
    for line in re.findall(r"^\s*(?:\$ )?(?:\.venv/bin/)?holdfast ([^\n#|>&]+)", text, re.MULTILINE):
        found += wrong_words(line.split())
    for name in re.findall(r"HOLDFAST_([A-Z_]+)", text):
        if name.lower().removesuffix("_file") not in Settings.model_fields and not name.startswith("TEST_"):
            found.append(f"HOLDFAST_{name}")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        if not (beside / target).exists():
            found.append(target)
    return found


def wrong_words(words: list[str]) -> list[str]:
    """Commands and options in a command line that `holdfast` does not know."""
    command = typer.main.get_command(cli)
    rest = list(words)
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return [f"holdfast {' '.join(words)}"]
        command = command.commands[rest.pop(0)]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help", "-h"}
    return [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_everything_a_page_names_exists(page: Path) -> None:
    assert unknown(page.read_text(encoding="utf-8"), beside=page.parent) == []


@pytest.mark.parametrize(
    "text",
    [
        "make coffee",
        ".venv/bin/holdfast fly",
        "holdfast up --fast",
        "holdfast token revoke",
        "set `HOLDFAST_COLOUR`",
        "[here](docs/nothing.md)",
    ],
)
def test_something_that_does_not_exist_is_noticed(text: str) -> None:
    assert len(unknown(text)) == 1


def test_what_exists_passes() -> None:
    text = "make run\n.venv/bin/holdfast up --demo --port 4000\nholdfast token create --role qa\n"

    assert unknown(text + "`HOLDFAST_STRIPE_API_KEY_FILE` [licence](LICENSE) [away](https://shop.example)") == []
