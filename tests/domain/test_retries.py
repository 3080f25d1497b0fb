"""When a failed call is made again: the question before a repeat, row by row, and the pauses between tries."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.retries import Guarantees, NextMove, Outcome, backoff, before_repeat, outcome_of_answer
from backend.domain.steps import ACTIVE_STATES, RULES, Port, StepKind, StepRule, StepState, step_key

DAY = 24 * 3600.0
KEY_ONLY = Guarantees(key_seconds=DAY, can_ask=False)
KEY_AND_QUESTION = Guarantees(key_seconds=DAY, can_ask=True)
QUESTION_ONLY = Guarantees(key_seconds=None, can_ask=True)
NEITHER = Guarantees(key_seconds=None, can_ask=False)
REPEATABLE = Guarantees(key_seconds=math.inf, can_ask=False)


@pytest.mark.parametrize(
    ("guarantees", "in_doubt", "since_first_sent", "move"),
    [
        (KEY_ONLY, False, 0, NextMove.CALL),
        (KEY_AND_QUESTION, False, 9 * DAY, NextMove.CALL),
        (QUESTION_ONLY, False, 9 * DAY, NextMove.CALL),
        (NEITHER, False, 9 * DAY, NextMove.CALL),
        (KEY_ONLY, True, 0, NextMove.CALL),
        (KEY_ONLY, True, DAY / 2 - 1, NextMove.CALL),
        (KEY_ONLY, True, DAY / 2, NextMove.HOLD),
        (KEY_ONLY, True, 2 * DAY, NextMove.HOLD),
        (KEY_AND_QUESTION, True, 0, NextMove.ASK),
        (KEY_AND_QUESTION, True, 2 * DAY, NextMove.ASK),
        (QUESTION_ONLY, True, 0, NextMove.ASK),
        (QUESTION_ONLY, True, 2 * DAY, NextMove.ASK),
        (NEITHER, True, 0, NextMove.HOLD),
        (REPEATABLE, True, 9 * DAY, NextMove.CALL),
    ],
)
def test_what_is_done_before_a_step_is_run_again(
    guarantees: Guarantees, in_doubt: bool, since_first_sent: float, move: NextMove
) -> None:
    assert before_repeat(guarantees, in_doubt=in_doubt, since_first_sent=since_first_sent) is move


@pytest.mark.parametrize(
    ("statuses", "when_told", "outcome"),
    [
        ((200, 201, 202, 204), False, Outcome.OK),
        ((408, 425, 429), False, Outcome.DEFERRED),
        ((408, 425, 429, 503), True, Outcome.DEFERRED),
        ((503, 500, 501, 502, 504, 520), False, Outcome.IN_DOUBT),
        ((500, 502, 504), True, Outcome.IN_DOUBT),
        ((100, 101, 300, 301, 302, 303, 304, 307, 308, 600), False, Outcome.IN_DOUBT),
        ((400, 401, 402, 403, 404, 405, 409, 410, 413, 422, 451, 499), False, Outcome.REJECTED),
    ],
)
def test_what_an_answer_says_of_a_call(statuses: tuple[int, ...], when_told: bool, outcome: Outcome) -> None:
    found = {status: outcome_of_answer(status, when_told=when_told) for status in statuses}
    assert found == dict.fromkeys(statuses, outcome)


MAIL = Guarantees(key_seconds=7 * DAY, can_ask=False, key_binds=False)


@pytest.mark.parametrize(
    ("guarantees", "since_first_sent", "move"),
    [
        (KEY_AND_QUESTION, 0, NextMove.ASK),
        (QUESTION_ONLY, 9 * DAY, NextMove.ASK),
        (KEY_ONLY, DAY / 2 - 1, NextMove.CALL),
        (KEY_ONLY, DAY / 2, NextMove.HOLD),
        (NEITHER, 0, NextMove.HOLD),
        (REPEATABLE, 9 * DAY, NextMove.CALL),
        (MAIL, 0, NextMove.HOLD),
    ],
)
def test_what_is_done_about_a_step_that_may_have_been_done_before_a_restored_backup(
    guarantees: Guarantees, since_first_sent: float, move: NextMove
) -> None:
    assert before_repeat(guarantees, in_doubt=True, since_first_sent=since_first_sent, restored=True) is move
    assert before_repeat(guarantees, in_doubt=False, since_first_sent=since_first_sent) is NextMove.CALL


def test_an_ordinary_doubt_about_a_mail_is_mended_by_its_message_id() -> None:
    assert before_repeat(MAIL, in_doubt=True, since_first_sent=0) is NextMove.CALL
    assert before_repeat(MAIL, in_doubt=True, since_first_sent=4 * DAY) is NextMove.HOLD


@given(
    attempt=st.integers(1, 10_000),
    chance=st.floats(0, 1, exclude_max=True),
    kind=st.sampled_from(StepKind),
)
def test_a_pause_lies_between_nothing_and_its_ceiling(attempt: int, chance: float, kind: StepKind) -> None:
    rule = RULES[kind]
    pause = backoff(rule, attempt, chance)
    assert 0 <= pause < rule.cap or (pause == 0 and rule.cap == 0)
    assert pause <= rule.base_delay * 2 ** min(attempt - 1, 20)


def test_ceilings_double_until_the_cap() -> None:
    rule = StepRule(RULES[StepKind.PAYMENT_CAPTURE].port, 8, base_delay=2.0, cap=300.0)
    assert [backoff(rule, attempt, 1.0) for attempt in range(1, 11)] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_jitter_is_full() -> None:
    rule = RULES[StepKind.PAYMENT_CAPTURE]
    assert [backoff(rule, 3, chance) for chance in (0.0, 0.25, 0.5)] == [0.0, 2.0, 4.0]


def test_every_kind_of_step_has_a_rule_with_a_label_and_an_end() -> None:
    assert set(RULES) == set(StepKind)
    assert all(rule.label and 3 <= rule.limit <= 10 and 0 < rule.base_delay < rule.cap for rule in RULES.values())


def test_money_and_parcels_hold_an_order_and_documents_and_messages_never_do() -> None:
    telling = {Port.INVOICING, Port.MAIL, Port.CHANNEL}
    of_a_cancellation = {StepKind.SHIPMENT_VOID, StepKind.PAYMENT_VOID}
    """It holds the order itself, until they have succeeded or a person goes on without them."""
    assert {kind: rule.holds for kind, rule in RULES.items()} == {
        kind: rule.port not in telling and kind not in of_a_cancellation for kind, rule in RULES.items()
    }
    assert {rule.port for rule in RULES.values()} - telling == {Port.PAYMENTS, Port.SHIPPING}
    waiting = {str(kind) for kind, rule in RULES.items() if rule.gated}
    assert waiting == {
        "payment.verify", "payment.capture", "payment.request", "shipment.verify_address", "shipment.create",
    }  # fmt: skip


def test_a_key_names_the_intention_and_its_generation() -> None:
    number = "ORD-20260131-00001"
    assert step_key(number, StepKind.PAYMENT_CAPTURE, 1) == "ORD-20260131-00001:payment.capture:1"
    assert step_key(number, StepKind.PAYMENT_REFUND, 2, "r7") == "ORD-20260131-00001:payment.refund/r7:2"
    keys = {
        step_key(number, kind, generation, subject)
        for kind in StepKind
        for generation in (1, 2)
        for subject in ("", "1")
    }
    assert len(keys) == 4 * len(StepKind)


def test_which_states_count_as_active() -> None:
    assert set(StepState) - set(ACTIVE_STATES) == {StepState.DONE, StepState.PARKED, StepState.CANCELLED}
