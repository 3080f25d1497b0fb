"""What staff type to find orders: free words and operators in one box, read exactly or refused with a sentence.

`status:held amount:>100 -channel:generic lindenau` is three operators and a word; all of them must be met. Operators with a
closed list take several codes with commas between, any of which will do. `str(query)` is the canonical form, which reads
as the same query again; it stands in addresses, saved views and the audit.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.money import exponent
from backend.domain.orders import OrderStatus, ShippingStatus
from backend.domain.payments import PaymentStatus
from backend.domain.search_values import Amounts, BadValue, Days, read_amounts, read_codes, read_days

LONGEST = 400
MOST_PARTS = 20
HELD = "held"
"""A status besides the order's own: a hold is open."""

Value = Amounts | Days | tuple[str, ...] | str


class Flag:
    """What `is:` may say of an order."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    SNOOZED = "snoozed"
    OVERDUE = "overdue"
    BACK = "back"
    UNSENT = "unsent"
    UNREFUNDED = "unrefunded"
    UNCREDITED = "uncredited"
    STOPPED = "stopped"
    CLEARED = "cleared"
    TEST = "test"


FLAGS = {
    Flag.MINE: "assigned to you",
    Flag.UNASSIGNED: "held, and assigned to nobody",
    Flag.SNOOZED: "held, and snoozed",
    Flag.OVERDUE: "held for longer than it should be",
    Flag.BACK: "held, and back today from a snooze",
    Flag.UNSENT: "a document or message of it failed",
    Flag.UNREFUNDED: "a refund of it failed",
    Flag.UNCREDITED: "a credit note of it failed",
    Flag.STOPPED: "a hold was placed on it today",
    Flag.CLEARED: "a hold on it was closed today",
    Flag.TEST: "placed as a test",
}
OF_TODAY = frozenset({Flag.BACK, Flag.STOPPED, Flag.CLEARED})
"""What has been so since midnight, which is at another moment in another time zone."""


@dataclass(frozen=True)
class Operator:
    """One operator: how its value is read, and how it is explained."""

    name: str
    title: str
    example: str
    read: Callable[[str], Value]
    codes: tuple[str, ...] = ()


def _words(text: str) -> str:
    return " ".join(text.split())


def _slug(text: str) -> tuple[str, ...]:
    codes = [code.strip().lower() for code in text.split(",")]
    for code in codes:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", code):
            raise BadValue(f"“{code or text}” cannot be one. Write its key in plain letters, such as shopify.")
    return tuple(sorted(set(codes)))


def _currency(text: str) -> tuple[str, ...]:
    codes = [code.strip().upper() for code in text.split(",")]
    for code in codes:
        try:
            exponent(code)
        except InvalidInput as error:
            raise BadValue(f"“{code or text}” is not a currency. Write its three letters, such as EUR.") from error
    return tuple(sorted(set(codes)))


def _cluster(text: str) -> tuple[str, ...]:
    codes = [code.strip().lower() for code in text.split(",")]
    for code in codes:
        if not re.fullmatch(r"[a-z_]{1,40}\.[0-9a-f]{10}", code):
            raise BadValue(f"“{code or text}” is not the key of a cause. Choose a cause in the held queue instead.")
    return tuple(sorted(set(codes)))


def _codes(name: str, title: str, example: str, allowed: tuple[str, ...]) -> Operator:
    return Operator(name, title, example, partial(read_codes, allowed=allowed), allowed)


def _named(kind: type[OrderStatus] | type[PaymentStatus] | type[ShippingStatus] | type[HoldKind]) -> tuple[str, ...]:
    return tuple(str(code) for code in kind)


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        _codes("status", "Status of the order, or held", "status:held", (HELD, *_named(OrderStatus))),
        _codes("payment", "What became of the money", "payment:paid", _named(PaymentStatus)),
        _codes("shipping", "Where the goods are", "shipping:in_transit", _named(ShippingStatus)),
        _codes("cause", "Why it is held", "cause:address_invalid", _named(HoldKind)),
        Operator("cluster", "One cause of the held queue, by its key", "cluster:po_box.0a1b2c3d4e", _cluster),
        Operator("channel", "Where it was sold", "-channel:generic", _slug),
        Operator("amount", "Total of the order, in whole currency", "amount:50..200", read_amounts),
        Operator("currency", "Currency of the order", "currency:EUR", _currency),
        Operator("created", "When the customer placed it", "created:2026-05..2026-06", read_days),
        Operator("delivered", "When it was delivered", "delivered:>2026-05-01", read_days),
        Operator("tag", "A tag on the order", "tag:vip", lambda text: _words(text).casefold()),
        _codes("is", "What else may be said of it", "is:mine", tuple(FLAGS)),
        Operator("number", "Part of the order's number", "number:00042", _words),
        Operator("external", "Number or id in the shop", "external:1042", _words),
        Operator("name", "Beginnings of the customer's names", 'name:"greta lin"', _words),
        Operator("email", "The whole e-mail address", "email:greta@example.org", _words),
        Operator("phone", "The whole phone number", "phone:+49305550177", _words),
        Operator("tracking", "The whole tracking number", "tracking:1Z999AA10123456784", _words),
        Operator("reference", "The payment provider's reference", "reference:pi_3N", _words),
    )
}


@dataclass(frozen=True)
class Term:
    """One operator with its value; `negated` leaves out what fits."""

    operator: str
    value: Value
    negated: bool = False

    @property
    def value_text(self) -> str:
        """The value as it is written behind the colon, without quotes."""
        return ",".join(self.value) if isinstance(self.value, tuple) else str(self.value)

    def __str__(self) -> str:
        return f"{'-' if self.negated else ''}{self.operator}:{_quoted(self.value_text)}"


@dataclass(frozen=True)
class Query:
    """What must be met, in the order in which it was written: free words and terms."""

    parts: tuple[str | Term, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(part for part in self.parts if isinstance(part, str))

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(part for part in self.parts if isinstance(part, Term))

    def has(self, operator: str, code: str) -> bool:
        """Whether a term asks for this code."""
        return any(
            term.operator == operator and not term.negated and isinstance(term.value, tuple) and code in term.value
            for term in self.terms
        )

    def value_of(self, operator: str) -> str:
        """The value of the first term with this operator that is not negated, or an empty string."""
        found = (term.value_text for term in self.terms if term.operator == operator and not term.negated)
        return next(found, "")

    @property
    def personal(self) -> bool:
        """Whether it finds other orders for somebody else."""
        return Flag.MINE in self._flags

    @property
    def dated(self) -> bool:
        """Whether it names days, which begin at another moment in another time zone."""
        return not OF_TODAY.isdisjoint(self._flags) or any(isinstance(term.value, Days) for term in self.terms)

    @property
    def _flags(self) -> set[str]:
        """All that `is:` says in it, or denies."""
        said = (term.value for term in self.terms if term.operator == "is" and isinstance(term.value, tuple))
        return {flag for flags in said for flag in flags}

    def without(self, part: str | Term) -> "Query":
        return Query(tuple(other for other in self.parts if other != part))

    def replaced(self, operator: str, value: str) -> "Query":
        """The same query with another value for an operator, or without it where the value is empty.

        Raises `InvalidInput` for a value that cannot be read.
        """
        kept = [
            part
            for part in self.parts
            if not (isinstance(part, Term) and part.operator == operator and not part.negated)
        ]
        added = [_term(operator, value.strip(), negated=False)] if value.strip() else []
        return Query((*kept, *added))

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __str__(self) -> str:
        return " ".join(_quoted(part, free=True) if isinstance(part, str) else str(part) for part in self.parts)


def parse(text: str) -> Query:
    """Read what was typed; raises `InvalidInput` with a sentence for each part that cannot be read."""
    if len(text) > LONGEST:
        raise InvalidInput([f"The search is {len(text)} letters long; at most {LONGEST} fit."])
    if any((ord(letter) < 32 and not letter.isspace()) or "\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidInput(["The search contains characters that are not text."])
    found: list[str | Term] = []
    problems: list[str] = []
    for piece in _pieces(text):
        try:
            part = _part(piece)
        except InvalidInput as error:
            problems += error.problems
            continue
        if part not in found:
            found.append(part)
    if len(found) > MOST_PARTS:
        problems.append(f"The search has {len(found)} parts; at most {MOST_PARTS} are read.")
    if problems:
        raise InvalidInput(problems)
    return Query(tuple(found))


@dataclass(frozen=True)
class _Piece:
    """One part as written: `prefix` is `-`, `name:` or `-name:`, `quoted` whether the text stood in quotes."""

    prefix: str
    text: str
    quoted: bool
    closed: bool = True


_PREFIX = re.compile(r"-?[A-Za-z_]+:", re.ASCII)
_IN_QUOTES = re.compile(r'"((?:[^"\\]|\\.)*)("|$)')
_PLAIN = re.compile(r"\S+")


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        prefix = _PREFIX.match(text, at)
        at += len(prefix[0]) if prefix else 0
        quoted, plain = _IN_QUOTES.match(text, at), _PLAIN.match(text, at)
        found = quoted or plain
        if quoted:
            yield _Piece(prefix[0] if prefix else "", re.sub(r"\\(.)", r"\1", quoted[1]), True, quoted[2] == '"')
        else:
            yield _Piece(prefix[0] if prefix else "", plain[0] if plain else "", False)
        at = found.end() if found else at


def _part(piece: _Piece) -> str | Term:
    if not piece.closed:
        raise InvalidInput([f"The quote before “{piece.text}” is never closed. Put a second one behind it."])
    if piece.prefix:
        negated = piece.prefix.startswith("-")
        return _term(piece.prefix.strip("-:").lower(), piece.text, negated=negated)
    if piece.text.startswith("-") and not piece.quoted and len(piece.text) > 1:
        raise InvalidInput(
            [
                f"“{piece.text}”: only operators can be left out, as in -channel:generic. To search for it, put it in quotes."
            ]
        )
    words = _words(piece.text)
    if not words:
        raise InvalidInput(["There is nothing between the quotes."])
    return words


def _term(name: str, text: str, *, negated: bool) -> Term:
    operator = OPERATORS.get(_OTHER_NAMES.get(name, name))
    if operator is None:
        known = ", ".join(f"{each}:" for each in OPERATORS)
        raise InvalidInput(
            [f"“{name}:” is not an operator; there are {known} To search for the words themselves, put them in quotes."]
        )
    if not text.strip():
        raise InvalidInput([f"“{operator.name}:” needs a value, as in {operator.example}."])
    try:
        return Term(operator.name, operator.read(text), negated)
    except BadValue as error:
        raise InvalidInput([f"In “{operator.name}:{text}”: {error}"]) from error


_OTHER_NAMES = {"placed": "created", "order": "number", "mail": "email", "total": "amount", "kind": "cause"}


def _quoted(text: str, *, free: bool = False) -> str:
    """In quotes where it would read as something else without them."""
    plain = bool(text) and not any(letter.isspace() or letter == '"' for letter in text)
    if plain and not (free and ((text.startswith("-") and text != "-") or _PREFIX.match(text))):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
