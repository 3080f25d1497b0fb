"""Sales channels: orders come in by webhook, tracking goes back."""

from dataclasses import dataclass
from typing import Protocol

from backend.domain.intake import NewOrder
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.ports.calls import Call, InboundMessage


@dataclass(frozen=True)
class InboundOrder:
    """An authentic order webhook: `event_id` tells deliveries apart, `topic` is the channel's own word."""

    event_id: str
    topic: str


class OrderChannel(Protocol):
    """The inbound half: who sent it, what is it, and what order does it hold."""

    name: str

    def authenticate(self, message: InboundMessage) -> None: ...

    def identify(self, message: InboundMessage) -> InboundOrder:
        """The delivery's id and topic, from headers or body; raises `UnusablePayload` where there is none."""
        ...

    def read(self, message: InboundMessage) -> NewOrder | None:
        """The order in our words; None for topics that carry no order. Raises `UnusablePayload` with every problem."""
        ...


@dataclass(frozen=True)
class FulfilmentUpdate:
    order_number: str
    channel_order: str
    tracking_number: str
    tracking_url: str
    carrier: str


@dataclass(frozen=True)
class FulfilmentTold:
    reference: str


class FulfilmentReceiver(Protocol):
    """The outbound half: the shop learns the tracking number."""

    name: str

    def guarantees(self, kind: StepKind) -> Guarantees: ...

    def tell_fulfilment(self, update: FulfilmentUpdate, call: Call) -> FulfilmentTold: ...

    def find_fulfilment(self, update: FulfilmentUpdate, call: Call) -> FulfilmentTold | None: ...
