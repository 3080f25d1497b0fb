"""The order page's contents, ready to be shown: plain text, no codes to interpret, nothing the page does not show."""

from dataclasses import dataclass, field


@dataclass
class Head:
    number: str = ""
    external: str = ""
    shop_url: str = ""
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
    age: str = ""
    customer: str = ""
    total: str = ""
    note: str = ""
    tags: list[str] = field(default_factory=list)


@dataclass
class Stop:
    """One stop of the order's way; `state` is done, here, held, ahead, skipped or ended, `at` when it was reached."""

    label: str
    state: str
    at: str = ""
    full: str = ""


@dataclass
class Stage:
    """A part of a cancellation and how it stands; `detail` says more where there is more to say."""

    label: str
    mood: str
    state: str
    detail: str = ""


@dataclass
class FixOffer:
    """Data that may be corrected on a hold; `name` is the fix, `label` says what the button does."""

    name: str
    label: str


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
    fixes: list[FixOffer] = field(default_factory=list)
    mends: bool = False
    stages: list[Stage] = field(default_factory=list)


@dataclass
class ClosedHoldCard:
    id: int
    title: str
    reason: str
    how: str


@dataclass
class Edit:
    """One thing that was edited: what it was, and what it is."""

    what: str
    old: str
    new: str


@dataclass
class Earlier:
    """A line that is folded into a newer one of the same step."""

    time: str
    text: str


@dataclass
class Entry:
    """A line of the timeline. `day` is set on the first line of a day.

    `source` is person, machine, provider or customer, `source_word` the same for people; `trying` says how far a step
    is that has not succeeded yet.
    """

    id: str
    day: str
    time: str
    full: str
    text: str
    who: str
    source: str
    source_word: str
    weight: str
    trying: str = ""
    left: str = ""
    edits: list[Edit] = field(default_factory=list)
    earlier: list[Earlier] = field(default_factory=list)
    earlier_text: str = ""


@dataclass
class Exchange:
    line: str
    status: str
    took: str
    request: str
    response: str


@dataclass
class Try:
    """One attempt. `revealable`: what it said can be shown with personal data; `revealed`: it is, in this view."""

    id: int
    title: str
    at: str
    mood: str
    outcome: str
    error: str
    worker: str
    exchanges: list[Exchange]
    revealable: bool = False
    revealed: bool = False
    kept: str = ""


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
    left: str
    """Seconds until the next try, for the browser to count down; empty where there is none."""
    error: str
    key: str
    can_retry: bool
    open: bool
    tries: list[Try] = field(default_factory=list)


@dataclass
class ItemCard:
    """A line as it was sold; `back` says how many of its pieces were paid back or are on their way back."""

    position: str
    sku: str
    name: str
    quantity: str
    price: str
    discount: str
    tax: str
    total: str
    back: str
    details: str
    wishes: list[str]


@dataclass
class Line:
    """A labelled amount; `strong` lines are totals."""

    label: str
    amount: str
    strong: bool = False


@dataclass
class Snapshot:
    """Which rules made the price, and when; `prices` is what they worked with."""

    engine: str = ""
    taken: str = ""
    rules: str = ""
    prices: str = ""


@dataclass
class PaymentCard:
    """An entry of the order's money; `proof` says how we know."""

    label: str
    amount: str
    provider: str
    reference: str
    at: str
    full: str
    mood: str
    detail: str
    proof: str


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
    label_url: str
    carrier: str
    status: str
    status_word: str
    updated: str
    bought: str
    facts: str
    scans: list[str]
    goods: list[str]


@dataclass
class DocumentCard:
    """An invoice or credit note; `stages` say how far it is, `href` opens it once it is stored."""

    id: str
    title: str
    date: str
    total: str
    provider: str
    href: str
    download: str
    stages: list[Stage]
    open: bool = False


@dataclass
class AddressCard:
    title: str
    lines: list[str]


@dataclass
class Contact:
    name: str = ""
    email: str = ""
    phone: str = ""
    since: str = ""
    orders: str = ""
    spent: str = ""
    returned: str = ""
    held: str = ""


@dataclass
class OtherCard:
    number: str
    channel: str
    status: str
    status_word: str
    held: bool
    total: str
    placed: str
