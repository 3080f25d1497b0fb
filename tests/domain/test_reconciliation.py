"""Every kind of difference between two records, and none where they agree."""

import pytest

from backend.domain.reconciliation import BreakKind, Movement, compare


def test_sides_that_agree_have_no_breaks_however_they_are_split() -> None:
    ours = [Movement("pi_1", 500, "EUR"), Movement("pi_1", 700, "EUR"), Movement("pi_2", 900, "GBP")]
    theirs = [Movement("pi_2", 900, "GBP"), Movement("pi_1", 1200, "EUR")]
    assert compare(ours, theirs) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        ([], [Movement("pi_1", 500, "EUR")], BreakKind.MISSING_HERE),
        ([Movement("pi_1", 500, "EUR")], [], BreakKind.MISSING_THERE),
        ([Movement("pi_1", 500, "EUR")], [Movement("pi_1", 501, "EUR")], BreakKind.AMOUNT),
        ([Movement("pi_1", 500, "EUR")], [Movement("pi_1", 500, "USD")], BreakKind.CURRENCY),
    ],
)
def test_each_difference_has_its_kind_and_both_sides(
    ours: list[Movement], theirs: list[Movement], kind: BreakKind
) -> None:
    (found,) = compare(ours, theirs)
    assert (found.kind, found.reference) == (kind, "pi_1")
    assert (found.ours, found.theirs) == (ours[0] if ours else None, theirs[0] if theirs else None)
