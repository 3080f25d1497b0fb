"""What a load decides once, and what is known of its documents so far."""

from dataclasses import dataclass

from backend.demo.journey import Frame
from backend.demo.plan import Wish
from backend.demo.story import HOLDS_EACH, ITEMS_EACH, STEPS_EACH, Ids


@dataclass(frozen=True)
class Setup:
    """What a load decides once. `first` holds the first free id of each table; the rest are settings of the shop."""

    wish: Wish
    frame: Frame
    first: Ids
    checks: frozenset[str]
    countries: frozenset[str]
    default_grams: int
    series: dict[str, str]

    def ids(self, serial: int) -> Ids:
        """The ids of one order's rows."""
        first = self.first
        return Ids(
            order=first.order + serial,
            item=first.item + serial * ITEMS_EACH,
            step=first.step + serial * STEPS_EACH,
            hold=first.hold + serial * HOLDS_EACH,
            refund=first.refund + serial,
            parcel=first.parcel + serial,
        )


@dataclass(frozen=True)
class Numbers:
    """The last number given out in each series of documents."""

    invoice: int
    credit_note: int

    def and_then(self, documents: "Numbers") -> "Numbers":
        """After so many more."""
        return Numbers(self.invoice + documents.invoice, self.credit_note + documents.credit_note)
