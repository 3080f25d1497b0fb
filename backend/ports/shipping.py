"""Shipping providers: check an address, buy and void labels, and report scans by webhook."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.domain.tracking import TrackingStatus
from backend.ports.calls import Call, InboundMessage


@dataclass(frozen=True)
class PostalAddress:
    """Where a parcel goes; personal data, masked in every record. `country` is ISO 3166 alpha-2."""

    name: str
    company: str
    line1: str
    line2: str
    city: str
    postal_code: str
    province: str
    country: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class AddressVerdict:
    """`deliverable` is the carrier's answer; `messages` are its remarks in words."""

    deliverable: bool
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParcelItem:
    sku: str
    name: str
    quantity: int
    grams: int
    unit_price_minor: int


@dataclass(frozen=True)
class LabelRequest:
    """One parcel. `reference` is the step's key (the provider's external shipment id, at most 50 characters)."""

    reference: str
    order_number: str
    channel_order: str
    ship_to: PostalAddress
    grams: int
    items: tuple[ParcelItem, ...]
    currency: str


@dataclass(frozen=True)
class Label:
    reference: str
    shipment_reference: str
    carrier: str
    service: str
    tracking_number: str
    tracking_url: str
    cost_minor: int
    cost_currency: str
    label_url: str


class ShippingProvider(Protocol):
    name: str

    def guarantees(self, kind: StepKind) -> Guarantees: ...

    def verify_address(self, address: PostalAddress, call: Call) -> AddressVerdict: ...

    def buy_label(self, request: LabelRequest, call: Call) -> Label: ...

    def find_label(self, request: LabelRequest, call: Call) -> Label | None: ...

    def void_label(self, reference: str, call: Call) -> None: ...


@dataclass(frozen=True)
class TrackingEvent:
    """A carrier's scan in our words. It carries no order reference: the parcel is found by its tracking number."""

    event_id: str
    tracking_number: str
    status: TrackingStatus
    provider_status: str
    description: str
    at: datetime
    location: str = ""


class TrackingEvents(Protocol):
    name: str

    def authenticate(self, message: InboundMessage) -> None: ...

    def read(self, message: InboundMessage) -> TrackingEvent: ...
