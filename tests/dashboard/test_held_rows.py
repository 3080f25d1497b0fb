"""How a new reading is worked into the rows on the screen: nothing moves, nothing vanishes unseen."""

from datetime import UTC, datetime

import pytest

from backend.domain.queue import HeldOrder, HeldPage, Place
from backend.domain.teamwork import Work
from dashboard.pages.held.rows import GONE, MOST_GONE, OPEN, Row, moved_on, named, next_number, row
from dashboard.pages.held.rows import worked_in as work_in

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def order(name: str, at: int) -> HeldOrder:
    return HeldOrder(
        order_id=at, place=Place(at, at), number=name, external_number="#1", customer="Greta", channel="shopify",
        status="pending", total_minor=100, currency="EUR", kind="po_box", title="PO box address", reason="A box.",
        advice="Ask.", provider="", cluster="po_box.0", other_holds=0, held_at=NOW, placed_at=NOW, work=Work(at),
    )  # fmt: skip


def page(names: str, orders: int = 0, first: int = 1) -> HeldPage:
    """One letter per order, which stands where the letter stands in the alphabet."""
    rows = tuple(order(name, ord(name)) for name in names)
    return HeldPage(rows, orders or len(rows), first)


def shown(names: str) -> list[Row]:
    return [row(order(name, ord(name)), NOW) for name in names]


def worked_in(before: list[Row], reading: HeldPage, *, chosen: str, desc: bool) -> list[Row]:
    return work_in(before, [row(each, NOW) for each in reading.rows], reading, chosen=chosen, desc=desc)


def told(rows: list[Row]) -> str:
    """`b` open, `b!` fresh, `(b)` gone."""
    marks = {(OPEN, False): "{}", (OPEN, True): "{}!", (GONE, False): "({})"}
    return " ".join(marks[each.state, each.fresh].format(each.number) for each in rows)


@pytest.mark.parametrize(
    ("before", "after", "chosen", "expected"),
    [
        ("", page("bcd"), "", "b c d"),
        ("bcd", page("bcd"), "c", "b c d"),
        ("bcd", page("abcd"), "c", "a! b c d"),
        ("bcd", page("bcde"), "c", "b c d e!"),
        ("bcd", page("bd"), "c", "b (c) d"),
        ("bcd", page("d"), "c", "(b) (c) d"),
        ("bcd", page(""), "c", "(b) (c) (d)"),
        ("bcd", page("bce"), "c", "b c (d) e!"),
    ],
)
def test_what_comes_is_marked_and_what_goes_keeps_its_place(
    before: str, after: HeldPage, chosen: str, expected: str
) -> None:
    assert told(worked_in(shown(before), after, chosen=chosen, desc=False)) == expected


def test_what_slid_over_the_edge_of_a_full_page_leaves_it_unless_it_is_chosen() -> None:
    full = page("abc", orders=9)
    assert told(worked_in(shown("bcd"), full, chosen="b", desc=False)) == "a! b c"
    assert told(worked_in(shown("bcd"), full, chosen="d", desc=False)) == "a! b c d"
    second = page("cde", orders=9, first=4)
    assert told(worked_in(shown("bcd"), second, chosen="c", desc=False)) == "c d e!"


def test_the_other_way_round_the_edges_are_the_other_way_round() -> None:
    assert told(worked_in(shown("dcb"), page("edc", orders=9), chosen="d", desc=True)) == "e! d c"
    assert told(worked_in(shown("dcb"), page("db"), chosen="d", desc=True)) == "d (c) b"


def test_what_was_held_once_more_is_open_again_and_marks_last_until_one_moves_on() -> None:
    gone = worked_in(shown("bcd"), page("bd"), chosen="b", desc=False)
    again = worked_in(gone, page("abcd"), chosen="b", desc=False)
    assert told(again) == "a! b c d"
    assert told(worked_in(again, page("abcd"), chosen="b", desc=False)) == "a! b c d"
    assert told(moved_on(again, "b")) == "a b c d"
    assert told(moved_on(worked_in(again, page("ad"), chosen="b", desc=False), "b")) == "a (b) d"


def test_rows_that_nobody_looks_away_from_do_not_pile_up() -> None:
    many = [row(order(f"n{place}", place), NOW) for place in range(MOST_GONE + 10)]
    kept = worked_in(many, page(""), chosen="n0", desc=False)
    assert len(kept) == MOST_GONE
    assert kept[0].number == "n0"
    assert kept[-1].number == many[-1].number


def test_the_next_order_is_the_next_that_is_still_held() -> None:
    rows = worked_in(shown("bcde"), page("be"), chosen="c", desc=False)
    assert [next_number(rows, number) for number in ("b", "c", "e", "z")] == ["e", "e", "b", "b"]
    assert next_number(shown("b"), "b") == ""


def test_an_address_may_name_the_ends_of_the_page() -> None:
    assert [named(shown("bcd"), name) for name in ("first", "last", "c", "")] == ["b", "d", "c", ""]
    assert named([], "first") == ""
