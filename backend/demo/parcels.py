"""How an order's parcel travels: label, pickup, scans, and what goes wrong on the way."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from backend.demo import calendar, words
from backend.demo.fates import SMOOTH, Fate
from backend.demo.journey import Journey
from backend.demo.story import StepRow
from backend.domain.holds import BY_HAND, HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.orders import OrderEvent, can
from backend.domain.permissions import SYSTEM, provider_actor
from backend.domain.timeline import TimelineKind, Weight
from backend.domain.tracking import ORDER_EVENTS, TrackingStatus

STOPPED_WHILE_PACKED = frozenset(
    BY_HAND | {HoldKind.ORDER_AMENDED, HoldKind.CANCELLED_IN_SHOP, HoldKind.PAYMENT_DISPUTED}
)
"""Troubles that come up between the label and the carrier's van."""
_NEAR = frozenset({"DE", "AT", "NL", "BE", "DK", "FR"})
_FAR = frozenset({"US", "CA", "AU", "JP"})


class Travels(Journey):
    """A journey with a parcel in it."""

    fate: Fate = SMOOTH

    def stopped(self) -> None:
        """While it is being packed, a colleague or the shop stops the order."""
        raise NotImplementedError

    def labelled(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        grams = sum(item.grams * item.quantity for item in self.new.items if item.requires_shipping)
        cost = 790 + 110 * -(-grams // 1000)
        reference, tracking = f"se-{600_000_000 + self.ids.order}", f"1Z6R94A8{self.ids.parcel:010d}"
        self.shipment = (
            self.ids.parcel, self.ids.order, step.key, "labelled", step.provider, reference, "ups", "ups_standard", cost, "EUR",
            self.now,
        )  # fmt: skip
        self.parcel = {
            "tracking_number": tracking,
            "tracking_url": f"https://www.ups.com/track?tracknum={tracking}",
            "label_url": f"https://api.shipengine.com/v1/downloads/{reference}.pdf",
            "grams": grams,
            "status": TrackingStatus.LABEL_CREATED,
            "updated_at": self.now,
        }
        text = f"Label bought from UPS for {display(cost, 'EUR')}; tracking number {tracking}."
        self.tell(TimelineKind.LABEL_BOUGHT, text, provider_actor(step.provider), Weight.MILESTONE, step)
        if self.fate.name in STOPPED_WHILE_PACKED:
            latest = self.frame.end - timedelta(minutes=5) if self.fate.open else self.frame.end
            when = calendar.at_work(self.now + timedelta(minutes=self.dice.randrange(4, 90)), self.dice)
            self.at(min(when, latest) if self.fate.open else when, self.stopped)
        else:
            self.at(calendar.pickup(self.now, self.dice), self.taken)
        return {"reference": reference, "tracking_number": tracking}, "Label bought.", False

    def taken(self) -> None:
        place = self.new.shipping or self.new.billing
        country = place.country if place else "DE"
        days = self.dice.randint(1, 2) if country in _NEAR else self.dice.randint(4, 8 if country in _FAR else 5)
        arrives = calendar.delivery(self.now, days, self.dice)
        self._scan(TrackingStatus.ACCEPTED, "AC/RECEIVED_BY_CARRIER", "Origin scan", "Berlin, DE")
        leaves = self.now + (arrives - self.now) * 0.3
        self.at(leaves, self._departs)
        home = f"{place.city}, {country}" if place else country
        if self.fate.name == HoldKind.DELIVERY_EXCEPTION:
            self._meets_trouble(leaves, arrives, home)
            return
        if self.dice.random() < 0.06:
            text = "The receiver was not available; another attempt will be made"
            self.at(arrives, partial(self._scan, TrackingStatus.ATTEMPTED, "AT/ATTEMPTED_DELIVERY", text, home))
            arrives = calendar.delivery(arrives, 1, self.dice)
        self.at(arrives, partial(self._scan, TrackingStatus.DELIVERED, "DE/DELIVERED", "Delivered", home))

    def _meets_trouble(self, leaves: datetime, arrives: datetime, home: str) -> None:
        when = leaves + (arrives - leaves) * 0.5
        if self.fate.open:
            when = min(when, self.frame.end - timedelta(hours=self.dice.uniform(0.5, 9)))
        text = self.dice.choice(words.EXCEPTIONS)
        hub = self.dice.choice(words.HUBS)
        self.at(when, partial(self._scan, TrackingStatus.EXCEPTION, "EX/UNSPECIFIED_EXCEPTION", text, hub))
        if not self.fate.open:
            again = calendar.delivery(when, 1, self.dice)
            self.at(again, self._departs)
            last = calendar.delivery(again, 1, self.dice)
            self.at(last, partial(self._scan, TrackingStatus.DELIVERED, "DE/DELIVERED", "Delivered", home))

    def _departs(self) -> None:
        hub = self.dice.choice(words.HUBS)
        self._scan(TrackingStatus.IN_TRANSIT, "IT/IN_TRANSIT", "Departed from facility", hub)

    def _scan(self, status: TrackingStatus, code: str, description: str, location: str) -> None:
        assert self.parcel is not None
        shipengine, trouble = provider_actor("shipengine"), status is TrackingStatus.EXCEPTION
        event = self.token(64)
        self.scans.append(
            (self.ids.parcel, "shipengine", event, status, code, description, location, self.now, self.now)
        )
        data = {"status": str(status), "tracking_number": self.parcel["tracking_number"]}
        weight = Weight.PROBLEM if trouble else Weight.ROUTINE
        self.tell(TimelineKind.TRACKING, f"{description}, {location}.", shipengine, weight, data=data)
        self.parcel["status"], self.parcel["updated_at"] = status, self.now
        if trouble:
            reason = f"The carrier reports: {description}."
            self.stop(HoldKind.DELIVERY_EXCEPTION, reason, source=HoldSource.CHECK, provider="shipengine")
        else:
            for hold in self.holds:
                if hold.kind is HoldKind.DELIVERY_EXCEPTION and hold.closed_at is None:
                    self.lift(hold, "the carrier has it moving again", SYSTEM)
        self.advance(shipengine)

    def scanned(self, status: str) -> OrderEvent | None:
        event = ORDER_EVENTS.get(TrackingStatus(status))
        return event if event is not None and can(self.status, event) else None
