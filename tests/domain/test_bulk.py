"""Bulk runs: how many members may be under way, when a run stops by itself, and how previews are told together."""

import pytest

from backend.domain import bulk
from backend.domain.bulk import BulkAction, Gathered, Tally
from backend.domain.holds import HoldKind


@pytest.mark.parametrize(
    ("tally", "wave", "room"),
    [
        (Tally(waiting=214), 1, 1),
        (Tally(waiting=213, under_way=1), 1, 0),
        (Tally(waiting=213, well=1), 2, 10),
        (Tally(waiting=209, well=1, under_way=4), 2, 6),
        (Tally(waiting=203, well=10, under_way=1), 2, 0),
        (Tally(waiting=203, well=11), 3, 10),
        (Tally(waiting=190, well=14, under_way=10), 3, 0),
        (Tally(waiting=3, well=200, under_way=2, failed=1), 3, 3),
        (Tally(waiting=0, well=1), 2, 0),
        (Tally(waiting=0), 1, 0),
    ],
)
def test_each_wave_waits_until_the_one_before_has_ended_well(tally: Tally, wave: int, room: int) -> None:
    assert (bulk.wave(tally), bulk.room(tally)) == (wave, room)


@pytest.mark.parametrize(
    ("tally", "stops"),
    [
        (Tally(waiting=213, under_way=1), False),
        (Tally(waiting=213, failed=1), True),
        (Tally(waiting=203, well=1, under_way=9, failed=1), True),
        (Tally(waiting=0, well=1, under_way=2, failed=1), False),
        (Tally(waiting=100, well=12, failed=1), False),
        (Tally(waiting=100, well=12, failed=2), False),
        (Tally(waiting=100, well=12, failed=3), True),
        (Tally(waiting=400, well=91, failed=9), False),
        (Tally(waiting=390, well=100, failed=10), True),
    ],
)
def test_the_first_failure_stops_a_canary_wave_and_a_few_stop_the_rest(tally: Tally, stops: bool) -> None:
    assert bulk.must_stop(tally) is stops


def test_a_run_is_over_when_nothing_waits_and_nothing_is_under_way() -> None:
    assert bulk.is_over(Tally(well=3, failed=1))
    assert not bulk.is_over(Tally(well=3, under_way=1))
    assert not bulk.is_over(Tally(waiting=1))


def test_a_run_that_stops_says_which_order_failed_why_and_what_is_untouched() -> None:
    assert bulk.halted(1, 203, "ORD-20260131-00002", "The account is empty.") == (
        "Stopped at the first failure. 203 orders are untouched. ORD-20260131-00002: The account is empty."
    )
    assert bulk.halted(3, 1, "ORD-20260131-00002", "No.").startswith("Stopped at 3 failures. 1 order is untouched.")


def test_sentences_that_differ_in_amount_and_reference_only_are_told_once() -> None:
    said = [
        "119.20 EUR is paid back.",
        "A credit note for invoice INV-000012 is issued and sent.",
        "1,284.90 EUR is paid back.",
        "Refund, reference ORD-20260131-00001:payment.refund/7:1.",
        "Refund, reference ORD-20260131-00002:payment.refund/8:1.",
    ]
    assert bulk.gathered(said) == (
        Gathered("Its amount is paid back.", 2),
        Gathered("A credit note for invoice … is issued and sent.", 1),
        Gathered("Refund, reference ….", 2),
    )


def test_each_action_knows_the_holds_that_it_helps_against() -> None:
    assert str(HoldKind.CARRIER_FUNDS) in bulk.kinds_helped(BulkAction.RETRY)
    assert bulk.kinds_helped(BulkAction.ASK) == [str(HoldKind.OUTCOME_UNKNOWN)]
    assert str(HoldKind.BEING_CANCELLED) not in bulk.kinds_helped(BulkAction.RELEASE)
    assert bulk.kinds_helped(BulkAction.REFUND) == []


def test_every_action_has_a_rule() -> None:
    assert set(bulk.RULES) == set(BulkAction)
