"""Which order numbers contain what somebody typed, worked out from the numbers that were given out at all.

A number is `ORD-day-sequence`, and `order_days` knows each day's last one: so the numbers that contain `0042` can be named
without looking at the orders, and found by the index that keeps them unique. No index of parts of numbers has to be kept
for that while orders change.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

FEWEST_DIGITS = 5
"""A sequence has at least so many digits, with zeros in front."""


def containing(session: Session, part: str, most: int) -> list[str] | None:
    """The numbers that contain `part` (upper case), or None when there are more than `most` of them."""
    days = session.execute(text("select day, last from order_days order by day desc")).all()
    return matching([(row[0], row[1]) for row in days], part, most)


def matching(days: list[tuple[date, int]], part: str, most: int) -> list[str] | None:
    """The numbers of these days, each with its last sequence, that contain `part`; None when more than `most` do."""
    found: list[str] = []
    longest = max((last for _, last in days), default=0)
    anywhere = _sequences_with(part, longest, most) if part.isascii() and part.isdigit() else []
    head, dash, tail = part.rpartition("-")
    for day, last in days:
        prefix = f"ORD-{day:%Y%m%d}-"
        if part in prefix:
            hits: Iterator[int] | None = iter(range(1, last + 1))
        elif dash and prefix.endswith(head + dash):
            hits = _sequences_from(tail, last)
        elif anywhere is None:
            hits = None
        else:
            hits = iter(anywhere[: bisect_right(anywhere, last)])
        if hits is None:
            return None
        for sequence in hits:
            found.append(f"{prefix}{sequence:0{FEWEST_DIGITS}d}")
            if len(found) > most:
                return None
    return found


def _sequences_with(digits: str, longest: int, most: int) -> list[int] | None:
    """Sequences up to `longest` whose text contains the digits, in rising order; None when there are more than `most`."""
    found: set[int] = set()
    for width in range(FEWEST_DIGITS, max(FEWEST_DIGITS, len(str(longest))) + 1):
        for behind in range(width - len(digits) + 1):
            for sequence in _around(digits, width, behind):
                if 0 < sequence <= longest and (width == FEWEST_DIGITS or sequence >= 10 ** (width - 1)):
                    found.add(sequence)
                    if len(found) > most:
                        return None
    return sorted(found)


def _around(digits: str, width: int, behind: int) -> Iterator[int]:
    """Every number of `width` digits that has these ones with `behind` others after them."""
    step = 10 ** (behind + len(digits))
    middle = int(digits) * 10**behind
    for ahead in range(10 ** (width - behind - len(digits))):
        yield from range(ahead * step + middle, ahead * step + middle + 10**behind)


def _sequences_from(start: str, last: int) -> Iterator[int]:
    """Sequences up to `last` whose text begins with these digits, in no particular order."""
    if not start:
        yield from range(1, last + 1)
        return
    if not (start.isascii() and start.isdigit()):
        return
    for width in range(max(FEWEST_DIGITS, len(start)), max(FEWEST_DIGITS, len(str(last))) + 1):
        room = 10 ** (width - len(start))
        for sequence in range(int(start) * room, int(start) * room + room):
            if 0 < sequence <= last and (width == FEWEST_DIGITS or sequence >= 10 ** (width - 1)):
                yield sequence
