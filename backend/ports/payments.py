"""Payment gateways: verify, capture, request and refund money, and tell us by webhook."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.ports.calls import Call, InboundMessage


@dataclass(frozen=True)
class PaymentOrder:
    """The order a payment is about.

    `channel_order` is the shop's own id. `reference` is the gateway's id of an existing authorization or payment,
    empty where there is none; `amount_minor` is what is to be captured, verified or asked for.
    """

    number: str
    channel: str
    channel_order: str
    amount_minor: int
    currency: str
    reference: str = ""


@dataclass(frozen=True)
class Capture:
    """Money that is ours: `reference` is the gateway's id of the capture."""

    reference: str
    amount_minor: int
    currency: str
    at: datetime | None = None


@dataclass(frozen=True)
class PaymentRequested:
    """A payment the customer still has to make: `reference` is the intent's id, `pay_url` where to pay.

    `captured` is filled when the gateway says that it is paid already.
    """

    reference: str
    pay_url: str
    captured: Capture | None = None


@dataclass(frozen=True)
class RefundOrder:
    number: str
    channel_order: str
    payment_reference: str
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True)
class RefundDone:
    reference: str
    amount_minor: int
    currency: str
    pending: bool = False


@dataclass(frozen=True)
class Voided:
    """An order that was called off: no more can be taken for it than `captures`, which was taken before or meanwhile.

    `reference` is empty where the gateway knows no payment. `lapses`: the gateway cannot be told to let go of an
    authorization or to refuse a payment; what was begun ends there by itself.
    """

    reference: str = ""
    captures: tuple[Capture, ...] = ()
    lapses: bool = False


class PaymentGateway(Protocol):
    """Every method raises the errors of `ports.calls`; each `find_*` answers None when the provider has no trace."""

    name: str

    def guarantees(self, kind: StepKind) -> Guarantees: ...

    def verify(self, order: PaymentOrder, call: Call) -> list[Capture]:
        """What has been captured for this order, read back from whoever took the money; an empty list if nothing."""
        ...

    def capture(self, order: PaymentOrder, call: Call) -> Capture: ...

    def find_capture(self, order: PaymentOrder, call: Call) -> Capture | None: ...

    def request_payment(self, order: PaymentOrder, call: Call) -> PaymentRequested: ...

    def find_payment_request(self, order: PaymentOrder, call: Call) -> PaymentRequested | None: ...

    def refund(self, order: RefundOrder, call: Call) -> RefundDone: ...

    def find_refund(self, order: RefundOrder, call: Call) -> RefundDone | None: ...

    def void(self, order: PaymentOrder, call: Call) -> Voided:
        """Let go of what was authorized, withdraw what the customer was asked for; tells what was captured after all."""
        ...

    def find_void(self, order: PaymentOrder, call: Call) -> Voided | None:
        """How the payment ended; None while something could still be taken."""
        ...


class PaymentEventKind(StrEnum):
    CAPTURED = "captured"
    FAILED = "failed"
    ACTION_NEEDED = "action_needed"
    CALLED_OFF = "called_off"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    OTHER = "other"


@dataclass(frozen=True)
class PaymentEvent:
    """A payment webhook in our words. `order_number` and `key` come from our own reference fields where present."""

    event_id: str
    type: str
    kind: PaymentEventKind
    reference: str
    order_number: str
    key: str
    amount_minor: int
    currency: str
    at: datetime
    detail: str = ""


class PaymentEvents(Protocol):
    name: str

    def authenticate(self, message: InboundMessage) -> None:
        """Raise `SignatureRefused` unless the message is authentic and fresh."""
        ...

    def read(self, message: InboundMessage) -> PaymentEvent:
        """Raise `UnusablePayload` when an authentic message makes no sense."""
        ...
