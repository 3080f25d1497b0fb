"""Payment gateways: verify, capture, request and refund money, and tell us by webhook."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.ports.calls import Call, InboundMessage


@dataclass(frozen=True)
class PaymentOrder:
    """The order a payment is about.

    `channel_order` is the shop's own id. `reference` is the gateway's id of an existing authorization or payment,
    empty where there is none; `amount_minor` is what is to be captured, verified or asked for. `manual_capture`: the
    customer's bank only keeps the money asked for ready, and a capture of its own takes it.
    """

    number: str
    channel: str
    channel_order: str
    amount_minor: int
    currency: str
    reference: str = ""
    manual_capture: bool = False


@dataclass(frozen=True)
class Capture:
    """Money that is ours: `reference` is the gateway's id of the capture."""

    reference: str
    amount_minor: int
    currency: str
    at: datetime | None = None


@dataclass(frozen=True)
class Authorization:
    """Money that a bank keeps ready for us: `reference` is the gateway's id of the payment to capture."""

    reference: str
    amount_minor: int
    currency: str
    at: datetime | None = None


@dataclass(frozen=True)
class PaymentRequested:
    """A payment the customer still has to make: `reference` is the intent's id, `pay_url` where to pay.

    `captured` is filled when the gateway says that it is paid already, `authorized` when it waits to be captured.
    """

    reference: str
    pay_url: str
    captured: Capture | None = None
    authorized: Authorization | None = None


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
    """A refund that the provider has taken on. `pending`: the money is not on its way yet, and may still come back."""

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


class BalanceKind(StrEnum):
    """What moved money on the account at the provider."""

    PAYMENT = "payment"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed"
    PAYOUT = "payout"
    FEE = "fee"
    OTHER = "other"


@dataclass(frozen=True)
class BalanceRow:
    """One movement on the account, in minor units; `amount_minor` and `net_minor` are below zero for what left it.

    `type` and `category` are the provider's own words, `source` its id of what moved the money. `reference` is the id
    under which our books have the fact, `order_number` ours where the provider's object carries it. `final`: no news
    is to be expected of it, as there is of a refund that is pending.
    """

    id: str
    kind: BalanceKind
    type: str
    category: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    source: str
    at: datetime
    reference: str = ""
    order_number: str = ""
    final: bool = True


@runtime_checkable
class BalanceStatement(Protocol):
    """A gateway that tells every movement on our account with it. Raises the errors of `ports.calls`."""

    name: str

    def balance_rows(
        self, call: Call, *, since: datetime | None = None, until: datetime | None = None, payout: str = ""
    ) -> Iterator[BalanceRow]:
        """All movements from `since` on and before `until`, or those of one payout; page by page, as they are read."""
        ...


class PaymentEventKind(StrEnum):
    REQUESTED = "requested"  # the payment exists, and the customer has not made it yet
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"  # a try to pay or to capture came to nothing; the payment itself may still be made
    ACTION_NEEDED = "action_needed"  # the customer's bank wants the customer to confirm it
    CALLED_OFF = "called_off"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"  # before it went out, or after it had seemed to succeed
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_UPDATED = "dispute_updated"
    DISPUTE_CLOSED = "dispute_closed"
    FUNDS_WITHDRAWN = "funds_withdrawn"
    FUNDS_REINSTATED = "funds_reinstated"
    OTHER = "other"


@dataclass(frozen=True)
class PaymentEvent:
    """A payment webhook in our words.

    `reference` is the provider's id of the thing itself (payment, refund, dispute). `payments` are the ids under which
    an order may know the payment it belongs to. `order_number`, `key` and `mark` are our own: the number and the step's
    key in the thing's reference fields (`mark`), and the idempotency key of the request that caused the event (`key`,
    where the provider tells it; it may be somebody else's). `link` is where the customer can go on. `withdrawn_minor`:
    what the provider says it has taken from us for a dispute so far; None where it tells that by events of their own.
    """

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
    mark: str = ""
    payments: tuple[str, ...] = ()
    link: str = ""
    withdrawn_minor: int | None = None


class PaymentEvents(Protocol):
    name: str

    def authenticate(self, message: InboundMessage) -> None:
        """Raise `SignatureRefused` unless the message is authentic and fresh."""
        ...

    def read(self, message: InboundMessage) -> PaymentEvent:
        """Raise `UnusablePayload` when an authentic message makes no sense."""
        ...
