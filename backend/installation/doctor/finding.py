"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`note`: nothing wrong, but worth knowing. `warning`: works, and will hurt. `problem`: does not work."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """`says` is a sentence about what is so; `advice` what to do about it, empty when there is nothing to do."""

    check: str
    verdict: Verdict
    says: str
    advice: str = ""


def ok(check: str, says: str) -> Finding:
    return Finding(check, Verdict.OK, says)


def note(check: str, says: str, advice: str = "") -> Finding:
    return Finding(check, Verdict.NOTE, says, advice)


def warning(check: str, says: str, advice: str) -> Finding:
    return Finding(check, Verdict.WARNING, says, advice)


def problem(check: str, says: str, advice: str) -> Finding:
    return Finding(check, Verdict.PROBLEM, says, advice)
