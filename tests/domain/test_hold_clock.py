"""The clock of a held order: whose turn it is, and when it is due."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain import business_hours, hold_clock
from backend.domain.hold_clock import Bucket, HoldCategory, OpenHold, Turn, Waiting
from backend.domain.holds import HoldKind

ALWAYS = business_hours.read("UTC", "mon-sun", "00:00-24:00", "")
DAYTIME = business_hours.read("UTC", "mon-fri", "09:00-17:00", "")
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)
HOUR = 3600


def a_hold(kind: HoldKind, provider: str = "") -> OpenHold:
    return OpenHold(kind, provider, NOON)


def turn(*holds: OpenHold, down: str = "", asked: bool = False) -> Waiting:
    return hold_clock.whose_turn(holds, down=frozenset({down} - {""}), asked_customer=asked)


def test_every_kind_of_hold_has_a_category_and_every_category_a_target() -> None:
    assert set(hold_clock.CATEGORIES) == set(HoldKind)
    assert set(hold_clock.TARGET_HOURS) == set(HoldCategory)


def test_a_hold_is_ours_until_the_customer_is_asked_and_again_when_they_have_answered() -> None:
    declined = a_hold(HoldKind.PAYMENT_DECLINED, "stripe")

    assert turn(declined) == Waiting(Turn.US)
    assert turn(declined, asked=True) == Waiting(Turn.CUSTOMER)
    assert turn(declined, asked=False) == Waiting(Turn.US)


def test_while_a_provider_is_known_to_be_down_it_is_its_turn() -> None:
    unavailable = a_hold(HoldKind.PROVIDER_UNAVAILABLE, "shipengine")

    assert turn(unavailable, down="shipengine") == Waiting(Turn.PROVIDER, "shipengine")
    assert turn(unavailable, down="stripe") == Waiting(Turn.US)
    assert turn(a_hold(HoldKind.ADDRESS_INVALID, "shipengine"), down="shipengine") == Waiting(Turn.US)


def test_it_is_our_turn_as_soon_as_one_of_several_holds_is_ours() -> None:
    cancelling, unavailable = a_hold(HoldKind.BEING_CANCELLED), a_hold(HoldKind.PROVIDER_UNAVAILABLE, "stripe")

    assert turn(cancelling) == Waiting(Turn.PROVIDER)
    assert turn(cancelling, a_hold(HoldKind.CANCELLATION_INCOMPLETE)) == Waiting(Turn.US)
    assert turn(unavailable, a_hold(HoldKind.PO_BOX), down="stripe", asked=True) == Waiting(Turn.CUSTOMER)


def test_the_shortest_target_counts_and_settings_go_before_it() -> None:
    kinds = [HoldKind.OUT_OF_STOCK, HoldKind.PAYMENT_DECLINED]

    assert hold_clock.target_seconds(kinds, {}) == 4 * HOUR
    assert hold_clock.target_seconds(kinds, {"payment": 24}) == 16 * HOUR
    assert hold_clock.target_seconds(kinds, {"payment": 24, "payment_declined": 0.5}) == HOUR // 2
    assert hold_clock.target_seconds([], {}) == 0


def test_the_clock_counts_business_time_and_only_while_it_is_our_turn() -> None:
    evening = NOON + timedelta(hours=9)

    assert hold_clock.spent(DAYTIME, Turn.US, NOON, 60, evening) == 60 + 5 * HOUR
    assert hold_clock.spent(DAYTIME, Turn.CUSTOMER, NOON, 60, evening) == 60


def test_due_and_at_risk_follow_from_what_is_left() -> None:
    told = hold_clock.reading(DAYTIME, Turn.US, NOON, 2 * HOUR, 8 * HOUR)

    assert told.risk_at == NOON + timedelta(hours=4)
    assert told.due_at == NOON + timedelta(days=1, hours=-2)  # one hour on the next morning
    assert hold_clock.reading(DAYTIME, Turn.PROVIDER, NOON, 2 * HOUR, 8 * HOUR) == hold_clock.Reading(None, None)


@pytest.mark.parametrize(
    ("hours", "bucket"), [(0, Bucket.OK), (2.99, Bucket.OK), (3, Bucket.AT_RISK), (4, Bucket.OVERDUE)]
)
def test_how_we_stand(hours: float, bucket: Bucket) -> None:
    told = hold_clock.reading(ALWAYS, Turn.US, NOON, 0, 4 * HOUR)

    assert hold_clock.bucket(told.due_at, told.risk_at, NOON + timedelta(hours=hours)) is bucket
    assert hold_clock.bucket(None, None, NOON) is Bucket.PAUSED


def test_targets_are_read_as_settings_write_them() -> None:
    assert hold_clock.read_targets("payment=2, out_of_stock=24.5,") == {"payment": 2, "out_of_stock": 24.5}
    assert hold_clock.read_targets("") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("money=2", "'money' is neither a kind of hold nor one of"),
        ("payment", "gives no number of hours"),
        ("payment=soon", "gives no number of hours"),
        ("payment=0", "between 0 and 1000"),
        ("payment=nan", "between 0 and 1000"),
    ],
)
def test_targets_that_cannot_be_meant_are_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        hold_clock.read_targets(text)
