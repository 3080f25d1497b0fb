"""Where in a JSON text a value stands, and the same text laid out to be read. Nothing is parsed away: tokens stay as they are.

Lines are counted from 1. A text that is no JSON keeps its own layout, and has places as far as it can be understood.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.domain.strict_json import MAX_DEPTH

_TOKEN = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++|"', re.DOTALL)
_PLAIN_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_INDENT = "  "
MOST_TOLD = 4_000_000
"""Letters of all paths together: a payload of endless names with endless lists in them could take all memory else."""


@dataclass
class _Frame:
    """An object or list that is open; `key` is the member that comes next, or is there now."""

    path: str
    is_list: bool
    index: int = 0
    key: str = ""
    before_key: bool = True

    @property
    def inside(self) -> str:
        return f"{self.path}[{self.index}]" if self.is_list else self.path + _member(self.key)


def _member(key: str) -> str:
    """As JSON paths are written in problems: `.name`, or `['a name']`."""
    if _PLAIN_NAME.fullmatch(key):
        return "." + key
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def places(text: str) -> dict[str, int]:
    """The line of every value by its JSON path; a member stands where its name stands. What is too much is left out."""
    found = {"$": 1}
    stack: list[_Frame] = []
    told = 0
    for part, line in _lines(text):
        frame = stack[-1] if stack else None
        if part == "," and frame is not None:
            frame.index, frame.before_key = frame.index + 1, True
        elif part in ("}", "]"):
            del stack[-1:]
        elif part not in (",", ":"):
            _enter(part, line, frame, stack, found)
            told += len(frame.path) + len(frame.key) if frame else 0
        if len(stack) > MAX_DEPTH or told > MOST_TOLD:
            break  # no reader of ours takes what is nested deeper
    return found


def _enter(part: str, line: int, frame: _Frame | None, stack: list[_Frame], found: dict[str, int]) -> None:
    """A name, a plain value, or the beginning of an object or list."""
    if frame is not None and not frame.is_list and frame.before_key and part.startswith('"'):
        frame.key, frame.before_key = _text(part), False
        found[frame.inside] = line
        return
    path = frame.inside if frame else "$"
    if frame is not None and frame.is_list:
        found[path] = line
    if part in ("{", "["):
        stack.append(_Frame(path, part == "["))


def pretty(text: str) -> str:
    """The same JSON with one value to a line; a text that is none, or that no reader of ours takes, comes back as it is."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    out: list[str] = []
    depth = 0
    before = ""
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part in ("}", "]"):
            depth -= 1
            out.append("" if before in ("{", "[") else "\n" + _INDENT * depth)
        elif before in ("{", "[", ","):
            out.append("\n" + _INDENT * depth)
        out.append(": " if part == ":" else part)
        depth += part in ("{", "[")
        if depth > MAX_DEPTH:
            return text  # its margins alone could be a thousand times as long
        before = part
    return "".join(out)


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Every part with its line."""
    line, seen = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        yield match[0], line


def _text(part: str) -> str:
    try:
        return str(json.loads(part, strict=False))
    except ValueError:
        return part.strip('"')
