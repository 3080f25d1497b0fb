"""Writes a measurement of the desk down as Markdown, and puts it in its place in docs/benchmarks.md."""

from pathlib import Path

from backend.bench.desk.result import Result
from backend.bench.desk.wish import CURRENT_SECONDS, LIMIT_MS, TIMES_BARE, Sample
from backend.domain.errors import NotPossible

BEGIN, END = "<!-- desk: begin -->", "<!-- desk: end -->"


def markdown(result: Result) -> str:
    """The tables, with what the machine was doing beside."""
    before, after = result.load
    head = (
        f"{result.wish.orders:,} orders, {result.held:,} of them held; {result.loaded}. Load average {before:.1f} before "
        f"and {after:.1f} after."
    )
    parts = [head, *_clicks(result), *_queries(result), *_live(result), *_verdict(result)]
    return "\n\n".join(parts)


def write(result: Result, path: Path) -> None:
    """Put the tables between the marks of the page. Raises `NotPossible` where there are none."""
    text = path.read_text(encoding="utf-8")
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise NotPossible(f"{path} has no place for the figures: the marks {BEGIN} and {END} are missing.")
    text = f"{text[: begin + len(BEGIN)]}\n{markdown(result)}\n{text[end:]}"
    path.write_text(text, encoding="utf-8")


def _clicks(result: Result) -> list[str]:
    if not result.samples:
        return []
    rows = [
        "| in the browser | p50 ms | p95 ms | p95 / empty click | budget |",
        "|---|---|---|---|---|",
    ]
    for sample in result.samples:
        ratio = result.ratio(sample)
        shown = "" if ratio is None else f"{ratio:.1f}"
        rows.append(f"| {sample.name} | {sample.at(0.5):.0f} | {sample.at(0.95):.0f} | {shown} | {_budget(sample)} |")
    return ["\n".join(rows)]


def _budget(sample: Sample) -> str:
    times = "" if sample.times_empty is None else f"≤ {sample.times_empty:g}, "
    return f"{times}≤ {LIMIT_MS:.0f} ms"


def _queries(result: Result) -> list[str]:
    if not result.queries:
        return []
    rows = [
        f"| queries behind | statements | ours, p50 ms | bare SQL, p50 ms | ratio (≤ {TIMES_BARE:g}) |",
        "|---|---|---|---|---|",
    ]
    for query in result.queries:
        rows.append(
            f"| {query.name} | {query.statements} | {query.ours_ms:.2f} | {query.bare_ms:.2f} | {query.ratio:.1f} |"
        )
    return ["\n".join(rows)]


def _live(result: Result) -> list[str]:
    live = result.live
    if live is None:
        return []
    return [
        f"{live.desks} live desks, {result.wish.per_second:g} holds a second for {result.wish.seconds:g} s: current after "
        f"{live.at(0.5):.2f} s at the median and {live.at(0.95):.2f} s at the 95th percentile (budget "
        f"{CURRENT_SECONDS:g} s), {live.updates:,} updates sent, {live.web_cpu:.0%} of a core in the web process."
    ]


def _verdict(result: Result) -> list[str]:
    return ["Missed: " + " ".join(result.missed)] if result.missed else ["Every budget is kept."]
