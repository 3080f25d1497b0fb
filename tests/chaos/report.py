"""What came out: a line per experiment, and for whatever went wrong everything that is needed to see it again."""

from collections.abc import Sequence

from tests.chaos.experiment import Result, Verdict

HEAD = ("", "experiment", "orders", "faults", "min", "recovery", "time", "verdict")


def line(result: Result) -> str:
    """One experiment in one line."""
    recovery = "never" if result.recovery is None else f"{result.recovery:.1f} s"
    return _columns(
        result.experiment.id,
        result.experiment.title[:50],
        str(result.orders),
        str(result.faults),
        str(result.minimum),
        recovery,
        f"{result.seconds:.1f} s",
        result.verdict,
    )


def head() -> str:
    return _columns(*HEAD)


def details(result: Result) -> str:
    """Findings, and the schedule of faults under this seed."""
    lines = [f"{result.experiment.id}, seed {result.seed}: {result.verdict}"]
    lines += [f"  ✗ {finding}" for finding in result.findings]
    if result.verdict is Verdict.INVALID:
        lines.append(f"  only {result.faults} faults struck, {result.minimum} at least must: this proves nothing")
    lines += [f"  {name}: {value}" for name, value in result.notes.items()]
    return "\n".join([*lines, "  faults as they struck:", *(f"    {entry}" for entry in result.schedule)])


def exit_code(results: Sequence[Result]) -> int:
    """0 only where everything that this machine can run ran, proved something and held."""
    return 0 if results and all(result.verdict in (Verdict.PASS, Verdict.SKIPPED) for result in results) else 1


def _columns(*cells: str) -> str:
    widths = (5, 51, 7, 7, 6, 10, 9, 8)
    right = (False, False, True, True, True, True, True, False)
    shown = [
        cell.rjust(width) if put else cell.ljust(width) for cell, width, put in zip(cells, widths, right, strict=True)
    ]
    return " ".join(shown).rstrip()
