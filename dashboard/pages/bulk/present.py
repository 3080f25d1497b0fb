"""Bulk runs in words and shapes."""

from dataclasses import dataclass
from datetime import datetime

from backend.domain.bulk import MemberRow, MemberState, RunRow, RunState
from dashboard.components.money import money, told
from dashboard.components.times import full, moment, span
from dashboard.components.words import count, number

RUN_WORDS: dict[str, tuple[str, str]] = {
    RunState.RUNNING: ("moving", "Under way"),
    RunState.PAUSED: ("waiting", "Paused"),
    RunState.STOPPED: ("bad", "Stopped"),
    RunState.DONE: ("good", "Finished"),
}
"""A run's state as a mark and a word."""

MEMBER_WORDS: dict[str, tuple[str, str]] = {
    MemberState.FAILED: ("bad", "Failed"),
    MemberState.ACTED: ("moving", "Under way"),
    MemberState.DONE: ("good", "Done"),
    MemberState.SKIPPED: ("skipped", "Skipped"),
    MemberState.WAITING: ("idle", "Untouched"),
}


@dataclass
class RunCard:
    """A run, ready to be shown; `done`, `skipped` and `failed` are its shares that ended like that, in percent."""

    id: str = ""
    action: str = ""
    title: str = ""
    words: str = ""
    mark: str = ""
    state: str = ""
    why: str = ""
    by: str = ""
    started: str = ""
    started_full: str = ""
    lasted: str = ""
    done: str = "0%"
    skipped: str = "0%"
    failed: str = "0%"
    counted: str = ""
    href: str = ""


@dataclass
class ResultTile:
    """How many orders of a run stand like this; choosing it filters."""

    state: str
    mark: str
    word: str
    orders: str
    href: str
    chosen: bool


@dataclass
class ResultRow:
    number: str
    mark: str
    word: str
    result: str
    amount: str
    at: str
    at_full: str


def run_card(run: RunRow, now: datetime) -> RunCard:
    mark, state = RUN_WORDS.get(run.state, ("idle", run.state))
    if run.state == RunState.DONE and run.counts.get(MemberState.FAILED):
        mark, state = "bad", f"Finished, {count(run.counts[MemberState.FAILED], 'failure')}"
    began = run.started_at
    return RunCard(
        id=str(run.id),
        action=run.action,
        title=f"{run.verb}, {count(run.members, 'order')}",
        words=run.words,
        mark=mark,
        state=state,
        why=told(run.why),
        by=run.started_by,
        started=moment(began) if began else "",
        started_full=full(began) if began else "",
        lasted=span((run.ended_at or now) - began) if began else "",
        done=_share(run, MemberState.DONE),
        skipped=_share(run, MemberState.SKIPPED),
        failed=_share(run, MemberState.FAILED),
        counted=counted(run.counts),
        href=f"/bulk/{run.id}",
    )


def _share(run: RunRow, state: MemberState) -> str:
    return f"{round(100 * run.counts.get(state, 0) / max(1, run.members))}%"


def counted(counts: dict[str, int]) -> str:
    """`187 done · 3 failed · 24 untouched`."""
    parts = [
        f"{number(counts[state])} {word.lower()}" for state, (_, word) in MEMBER_WORDS.items() if counts.get(state)
    ]
    return " · ".join(parts)


def tiles(run: RunRow, shown: str) -> list[ResultTile]:
    """One for all, and one for each result that there is."""
    base = f"/bulk/{run.id}"
    found = [ResultTile("", "", "All", number(run.members), base, not shown)]
    for state, (mark, word) in MEMBER_WORDS.items():
        if run.counts.get(state) or state == shown:
            orders = number(run.counts.get(state, 0))
            found.append(ResultTile(state, mark, word, orders, f"{base}?show={state}", state == shown))
    return found


def result_row(row: MemberRow) -> ResultRow:
    mark, word = MEMBER_WORDS.get(row.state, ("idle", row.state))
    at = row.ended_at or row.began_at
    return ResultRow(
        number=row.number,
        mark=mark,
        word=word,
        result=told(row.result),
        amount=money(row.amount_minor, row.currency) if row.currency else "",
        at=moment(at) if at else "",
        at_full=full(at) if at else "",
    )
