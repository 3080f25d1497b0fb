"""What the house rules look at: our own sources, read once, and small helpers over their syntax trees."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("backend", "jobs", "dashboard")


@dataclass(frozen=True)
class Source:
    """A Python file: `path` is relative to the project, with forward slashes."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def within(self, *places: str) -> bool:
        """Whether the file lies in one of these folders, or is one of these files."""
        return any(self.path == place or self.path.startswith(f"{place.rstrip('/')}/") for place in places)


@functools.cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the product itself."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths)


def kept_files() -> Iterator[Path]:
    """Every text file that is, or is about to be, under version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in path.read_bytes()[:4096]:
            yield path


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names; the empty string for anything else at its root."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name of what is called (for a method of a call's result: the method's name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func) or getattr(node.func, "attr", "")


def at(node: ast.AST, says: str) -> str:
    return f"{getattr(node, 'lineno', 0)}: {says}"
