"""Every kind of fault, with words for what it does; `faults.py` says which of them fits which call."""

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """What the kinds of one group have in common; the value is the heading over them."""

    REFUSAL = "The provider says no"
    LINE = "The line or the machine fails"
    LOST = "It is done, but the answer is lost"
    WRONG = "The answer is not about what was asked"
    WEBHOOK = "Webhooks go wrong"


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    `delay`: its usual seconds, None where seconds mean nothing; `delay_means` says what they are. `effect`: whether the
    request is carried out unless the fault says otherwise, None where that cannot be chosen. `statuses`: what may be
    answered, the usual one first; 0 is no answer at all.
    """

    group: Group
    words: str
    delay: float | None = None
    delay_means: str = ""
    effect: bool | None = None
    statuses: tuple[int, ...] = ()


_G = Group
_LATER = "seconds until then"

KINDS: dict[str, Kind] = {
    "refuse": Kind(_G.REFUSAL, "The request is refused with a reason; nothing is done."),
    "decline": Kind(_G.REFUSAL, "The customer's bank declines the payment."),
    "insufficient_funds": Kind(_G.REFUSAL, "There is too little money: on the card, or on the shipping account."),
    "out_of_stock": Kind(_G.REFUSAL, "The fulfilment centre has run out of the goods."),
    "bad_address": Kind(_G.REFUSAL, "The carrier does not know the address."),
    "error_5xx": Kind(_G.LINE, "500 is answered; nothing is done."),
    "slow": Kind(_G.LINE, "It is done and answered, but late.", 5.0, "seconds late"),
    "connection_cut": Kind(_G.LINE, "The connection is reset before anything is done."),
    "rate_limit": Kind(_G.LINE, "429 with Retry-After; nothing is done.", 2.0, "seconds to wait"),
    "unavailable": Kind(_G.LINE, "503 with Retry-After; nothing is done.", 2.0, "seconds to wait"),
    "html": Kind(_G.LINE, "A proxy's HTML page comes in place of JSON.", effect=False, statuses=(200, 502)),
    "redirect": Kind(_G.LINE, "A redirect to an address inside the network (169.254.169.254).", effect=False),
    "empty": Kind(_G.LINE, "204 with nothing in it.", effect=True),
    "huge_body": Kind(_G.LINE, "The answer does not end: 64 MB of it.", effect=True),
    "huge_header": Kind(_G.LINE, "The answer has a header of 5 MB.", effect=True),
    "slow_drip": Kind(_G.LINE, "The answer drips in, byte by byte.", 0.4, "seconds a byte", effect=True),
    "accept_then_500": Kind(_G.LOST, "It is done, then 500 is answered."),
    "accept_then_cut": Kind(_G.LOST, "It is done, then the connection is reset."),
    "accept_then_hang": Kind(_G.LOST, "It is done, then nothing is said.", 60.0, "seconds of silence"),
    "accept_late": Kind(
        _G.LOST,
        "504 is answered at once (or nothing is), and it is done only later: an early question finds no trace of it.",
        3.0,
        _LATER,
        statuses=(504, 0),
    ),
    "wrong_amount": Kind(_G.WRONG, "It is done as asked, but the answer names another amount."),
    "wrong_currency": Kind(_G.WRONG, "It is done as asked, but the answer names another currency."),
    "wrong_reference": Kind(_G.WRONG, "It is done as asked, but the answer is about something else."),
    "webhook_late": Kind(_G.WEBHOOK, "It comes late.", 30.0, "seconds late"),
    "webhook_early": Kind(_G.WEBHOOK, "It comes before the answer to the call that caused it."),
    "webhook_duplicate": Kind(_G.WEBHOOK, "It comes twice.", 0.0, "seconds between"),
    "webhook_forged": Kind(_G.WEBHOOK, "Somebody else sends the same with a false signature, just before it comes."),
    "webhook_bad_signature": Kind(_G.WEBHOOK, "Its first try is signed with another secret; the repeats are right."),
    "webhook_out_of_order": Kind(
        _G.WEBHOOK, "It waits until the order's next one was delivered.", 10.0, "seconds at most"
    ),
    "webhook_lost": Kind(_G.WEBHOOK, "It is never sent."),
}
FAULTS = tuple(KINDS)


def of_group(*groups: Group) -> frozenset[str]:
    """The names of a group's kinds."""
    return frozenset(name for name, kind in KINDS.items() if kind.group in groups)
