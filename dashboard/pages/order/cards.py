"""The order page's contents, ready to be shown: plain text, no codes to interpret, nothing the page does not show."""

from dataclasses import dataclass, field


@dataclass
class Head:
    number: str = ""
    external: str = ""
    channel: str = ""
    status: str = ""
    status_word: str = ""
    payment: str = ""
    payment_word: str = ""
    shipping: str = ""
    shipping_word: str = ""
    held: bool = False
    final: bool = False
    refundable: bool = False
    cancellable: bool = False
    placed: str = ""
    placed_full: str = ""
    customer: str = ""
    email: str = ""
    phone: str = ""
    total: str = ""
    note: str = ""
    tags: list[str] = field(default_factory=list)


@dataclass
class Stop:
    """One stop of the order's way; `state` is done, here, held, ahead or ended."""

    label: str
    state: str


@dataclass
class Stage:
    """A part of a cancellation and how it stands; `detail` says more where there is more to say."""

    label: str
    mood: str
    state: str
    detail: str = ""


@dataclass
class HoldCard:
    id: int
    title: str
    reason: str
    advice: str
    origin: str
    age: str
    since: str
    can_retry: bool
    can_release: bool
    can_ask: bool
    stages: list[Stage] = field(default_factory=list)


@dataclass
class ClosedHoldCard:
    id: int
    title: str
    reason: str
    how: str


@dataclass
class Entry:
    """A line of the timeline. `day` is set on the first line of a day, `person` tells people from machines."""

    id: int
    day: str
    time: str
    full: str
    text: str
    who: str
    person: bool
    weight: str


@dataclass
class Exchange:
    line: str
    status: str
    took: str
    request: str
    response: str


@dataclass
class Try:
    title: str
    at: str
    mood: str
    outcome: str
    error: str
    exchanges: list[Exchange]


@dataclass
class StepCard:
    """A promised call. `mood` picks its sign; `open` tells that its tries are shown below it."""

    id: int
    label: str
    mood: str
    state: str
    provider: str
    used: str
    next_try: str
    error: str
    key: str
    can_retry: bool
    open: bool
    tries: list[Try] = field(default_factory=list)


@dataclass
class ItemCard:
    sku: str
    name: str
    quantity: str
    price: str
    total: str
    details: str
    wishes: list[str]


@dataclass
class Line:
    """A labelled amount; `strong` lines are totals."""

    label: str
    amount: str
    strong: bool = False


@dataclass
class PaymentCard:
    label: str
    amount: str
    provider: str
    reference: str
    at: str
    mood: str


@dataclass
class RefundCard:
    """A decision to pay back, and how far it is; `problem` says why it does not get on, and what to do."""

    amount: str
    mood: str
    state: str
    reason: str
    at: str
    problem: str = ""


@dataclass
class ParcelCard:
    tracking_number: str
    tracking_url: str
    carrier: str
    status: str
    status_word: str
    updated: str
    scans: list[str]


@dataclass
class DocumentCard:
    id: str
    title: str
    date: str
    total: str
    sent: str
    href: str


@dataclass
class AddressCard:
    title: str
    lines: list[str]


@dataclass
class NoteCard:
    author: str
    text: str
    at: str
    public: bool
