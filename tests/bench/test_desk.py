"""The desk's figures held against their budgets, and written down where they belong."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend.bench.desk import document
from backend.bench.desk.desks import Desk
from backend.bench.desk.result import EMPTY, Result
from backend.bench.desk.wish import Live, Query, Sample, Wish
from backend.domain.errors import NotPossible

GOOD = Result(
    wish=Wish(orders=1_000_000),
    held=10_000,
    loaded="1,000,000 orders loaded in 400 s (2,500 orders/s)",
    load=(0.5, 1.5),
    samples=(
        Sample(EMPTY, tuple(float(n) for n in range(1, 21))),
        Sample("next page", (100.0, 110.0, 160.0), 8.0),
        Sample("open /held", (120.0, 280.0)),
    ),
    queries=(Query("/held, first page", 2, 1.9, 1.0),),
    live=Live(50, 300, (0.2, 0.3, 0.9), 0, 4_000, 0.6),
)


def test_percentiles_are_those_of_what_was_measured() -> None:
    sample = Sample("x", tuple(float(n) for n in range(100, 0, -1)))
    assert (sample.at(0.5), sample.at(0.95), sample.at(1.0)) == (51.0, 96.0, 100.0)
    assert Sample("none", ()).at(0.95) == 0.0


def test_a_run_within_its_budgets_misses_none() -> None:
    assert GOOD.empty_ms == 20.0
    assert GOOD.missed == []
    assert "Every budget is kept." in document.markdown(GOOD)


@pytest.mark.parametrize(
    ("slow", "said"),
    [
        (replace(GOOD, samples=(GOOD.samples[0], Sample("next page", (161.0,), 8.0))), "8.1 times an empty click"),
        (replace(GOOD, samples=(GOOD.samples[0], Sample("open /held", (301.0,)))), "301 ms at the 95th percentile"),
        (replace(GOOD, queries=(Query("causes", 2, 2.1, 1.0),)), "2.1 times the bare SQL"),
        (replace(GOOD, live=Live(50, 3, (0.2, 1.2), 0, 9, 0.6)), "current after 1.20 s"),
        (replace(GOOD, live=Live(50, 3, (0.2, 0.3), 4, 9, 0.6)), "4 times a desk never showed a hold"),
    ],
)
def test_every_budget_that_is_missed_is_named(slow: Result, said: str) -> None:
    (sentence,) = slow.missed
    assert said in sentence
    assert sentence in document.markdown(slow)
    assert slow.as_json()["missed"] == [sentence]


def test_the_figures_take_the_place_of_the_last_ones_and_leave_the_rest_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{document.BEGIN}\nold figures\n{document.END}\nafter\n", encoding="utf-8")
    document.write(GOOD, page)
    text = page.read_text(encoding="utf-8")
    assert "old figures" not in text
    assert text.startswith(f"# Before\n{document.BEGIN}\n1,000,000 orders, 10,000 of them held;")
    assert text.endswith(f"{document.END}\nafter\n")
    assert "| next page | 110 | 160 | 8.0 | ≤ 8, ≤ 300 ms |" in text


def test_a_page_without_a_place_for_figures_stays_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here", encoding="utf-8")
    with pytest.raises(NotPossible, match="no place for the figures"):
        document.write(GOOD, page)
    assert page.read_text(encoding="utf-8") == "nothing here"


def test_a_desk_reads_the_total_out_of_what_it_is_sent() -> None:
    desk = Desk(1)
    desk._take('42/_event,["event",{"delta":{"held_state":{"headline_rx_state_":"10,001 orders","rows":[]}}}]')
    desk._take('42/_event,["event",{"delta":{"other":{}}}]')
    desk._take('42/_event,["event",{"delta":{"held_state":{"headline_rx_state_":"10,003 orders"}}}]')
    assert desk.shows() == 10_003
    assert desk.updates == 3
    at = desk.showed(10_002)
    assert at == desk.seen[1][0]
    assert desk.showed(10_004) is None
