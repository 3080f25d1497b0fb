"""Turns lines for COPY into blanks to fill in: everything in them that belongs to one order alone becomes a gap.

A model life is told with stand-ins: ids far beyond any real one, and characters that no text has. What follows from an
id (a reference, a tracking number) stands as far behind the stand-in as it will stand behind the real one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter

from backend.demo.story import Ids, spelled

INVOICE_NUMBER, CREDIT_NUMBER = "\ue000", "\ue001"
ORDER_NUMBER, MAIL_HOST, EXTERNAL_ID, EXTERNAL_NUMBER, CUSTOMER_ID, CONTENT_HASH = map(chr, range(0xE002, 0xE008))
WORDS = (
    INVOICE_NUMBER, CREDIT_NUMBER, ORDER_NUMBER, MAIL_HOST, EXTERNAL_ID, EXTERNAL_NUMBER, CUSTOMER_ID, CONTENT_HASH,
)  # fmt: skip
"""Gaps that every order fills with a text of its own, in this order."""

_END = "\ue00f"
_TOKEN, _DAY, _LINE = "\ue010", "\ue011", "\ue012"
_TRACKING = "1Z6R94A8"
_FAR = 10**16
STAND_INS = Ids(*(kind * _FAR for kind in (11, 12, 13, 14, 15, 16)))
_GAP = re.compile(
    rf"(?P<time>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00)"
    rf"|(?P<tracking>{_TRACKING})?(?P<id>1[1-6]000\d{{13}})"
    rf"|{_TOKEN}(?P<token>\d+),(?P<letters>\d+){_END}"
    rf"|{_DAY}(?P<day>-?\d+){_END}"
    rf"|{_LINE}(?P<line>\d+){_END}"
    rf"|(?P<word>[{''.join(WORDS)}])"
)
_GROUPS = ("time", "id", "tracking", "token", "day", "line")
_TICK = timedelta(microseconds=1)

Gap = tuple[str, int, int]
"""Its group and what makes it differ from others of the group."""


def token(number: int, letters: int) -> str:
    """Stands in for letters that a provider makes up."""
    return f"{_TOKEN}{number},{letters}{_END}"


def number_of_token(text: str) -> int:
    """Which token a text is; raises `ValueError` where it is none."""
    found = _GAP.fullmatch(text)
    if found is None or found["token"] is None:
        raise ValueError(f"{text!r} is not a stand-in for a token")
    return int(found["token"])


def day(after: timedelta) -> str:
    """Stands in for a day as timelines write it, so long after the order was placed."""
    return f"{_DAY}{after // _TICK}{_END}"


def line(position: int) -> str:
    """Stands in for the shop's id of an order line."""
    return f"{_LINE}{position}{_END}"


@dataclass(frozen=True)
class Facts:
    """What an order fills the gaps with. `words` as in `WORDS`; `bits` gives chance; `external_id` is the shop's."""

    at: datetime
    ids: Ids
    external_id: int
    words: tuple[str, ...]
    bits: Callable[[int], int]


@dataclass
class Blank:
    """One table's lines with gaps."""

    form: str
    gaps: Callable[[Sequence[str]], tuple[str, ...]]

    def filled(self, texts: Sequence[str]) -> str:
        return self.form % self.gaps(texts)


@dataclass
class Gaps:
    """All gaps of one life; `place` gives each its position, and `texts` what stands there in another order."""

    _known: dict[str, dict[Gap, int]] = field(default_factory=lambda: {group: {} for group in _GROUPS})
    _forms: list[tuple[str, list[Gap | str]]] = field(default_factory=list)

    def note(self, placed_at: datetime, text: str) -> int:
        """Find the gaps of a text; returns its index for `blanks`."""
        form, wanted, end = [], list[Gap | str](), 0
        for found in _GAP.finditer(text):
            form.append(text[end : found.start()].replace("%", "%%") + "%s")
            end = found.end()
            wanted.append(found["word"] or self._gap(found, placed_at))
        form.append(text[end:].replace("%", "%%"))
        self._forms.append(("".join(form), wanted))
        return len(self._forms) - 1

    def _gap(self, found: re.Match[str], placed_at: datetime) -> Gap:
        group = found.lastgroup or ""
        if group == "time":
            gap = (group, (datetime.fromisoformat(found["time"]) - placed_at) // _TICK, 0)
        elif group == "id":
            group = "tracking" if found["tracking"] else "id"
            gap = (group, *_behind(int(found["id"])))
        elif group == "letters":
            group = "token"
            gap = (group, int(found["token"]), int(found["letters"]))
        else:
            gap = (group, int(found[group]), 0)
        return self._keep(group, gap)

    def _keep(self, group: str, gap: Gap) -> Gap:
        self._known[group].setdefault(gap, len(self._known[group]))
        return gap

    def close(self) -> tuple[list[Blank], Callable[[Facts], list[str]]]:
        """Every blank, and what fills the gaps of all of them."""
        place: dict[Gap | str, int] = {}
        for group in _GROUPS:
            for gap in self._known[group]:
                place[gap] = len(place)
        for word in WORDS:
            place[word] = len(place)
        blanks = [Blank(form, _getter([place[gap] for gap in wanted])) for form, wanted in self._forms]
        return blanks, self._filler()

    def _filler(self) -> Callable[[Facts], list[str]]:
        known = self._known
        times = [after * _TICK for _, after, _ in known["time"]]
        ids = [(_KINDS[kind], after) for _, kind, after in known["id"]]
        parcels = [after for *_, after in known["tracking"]]
        letters = [(4 * count, f"0{count}x") for *_, count in known["token"]]
        days = [after * _TICK for _, after, _ in known["day"]]
        lines = [position for _, position, _ in known["line"]]

        def fill(facts: Facts) -> list[str]:
            at, bits = facts.at, facts.bits
            base = vars(facts.ids)
            return [
                *[(at + after).isoformat() for after in times],
                *[str(base[kind] + after) for kind, after in ids],
                *[f"{_TRACKING}{facts.ids.parcel + after:010d}" for after in parcels],
                *[format(bits(size), form) for size, form in letters],
                *[spelled(at + after) for after in days],
                *[str(facts.external_id * 10 + position) for position in lines],
                *facts.words,
            ]

        return fill

    def token_place(self, number: int) -> int | None:
        """Where among the texts a token stands."""
        before = sum(len(self._known[group]) for group in ("time", "id", "tracking"))
        return next((before + place for gap, place in self._known["token"].items() if gap[1] == number), None)


_KINDS = ("order", "item", "step", "hold", "refund", "parcel")


def _behind(stand_in: int) -> tuple[int, int]:
    """Which table's id a number stands for, and how far behind it."""
    kind, after = divmod(stand_in, _FAR)
    return kind - 11, after


def _getter(places: list[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda texts: tuple(texts[place] for place in places)
