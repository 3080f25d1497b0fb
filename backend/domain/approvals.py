"""What one person must not do alone: refunds above a limit, and letting an order go that a colleague suspects of fraud.

The first person's click becomes a request. A second person of a right role approves or declines it; never the same one,
under whatever session or token. Amounts are minor units.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backend.domain.desk import Preview
from backend.domain.errors import InvalidInput
from backend.domain.money import exponent, parse_major
from backend.domain.permissions import Actor, Area, Level, Role


class ApprovalAction(StrEnum):
    REFUND = "refund"
    CANCEL = "cancel"
    RELEASE = "release"


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


TITLES: dict[ApprovalAction, str] = {
    ApprovalAction.REFUND: "Refund",
    ApprovalAction.CANCEL: "Cancel order",
    ApprovalAction.RELEASE: "Release",
}

_MONEY = frozenset({Role.FINANCE, Role.MANAGER, Role.ADMIN})
DECIDERS: dict[ApprovalAction, frozenset[Role]] = {
    ApprovalAction.REFUND: _MONEY,
    ApprovalAction.CANCEL: _MONEY,
    ApprovalAction.RELEASE: frozenset({Role.MANAGER, Role.ADMIN}),
}
"""Who may be the second person."""

AREAS: dict[ApprovalAction, Area] = {
    ApprovalAction.REFUND: Area.MONEY,
    ApprovalAction.CANCEL: Area.MONEY,
    ApprovalAction.RELEASE: Area.HOLDS,
}
"""Where the second person must have the right to act."""


def deciders(action: ApprovalAction) -> str:
    """The roles of the second person, for a sentence: `finance, a manager or an administrator`."""
    words = {Role.FINANCE: "finance", Role.MANAGER: "a manager", Role.ADMIN: "an administrator"}
    *first, last = [words[role] for role in (Role.FINANCE, Role.MANAGER, Role.ADMIN) if role in DECIDERS[action]]
    return f"{', '.join(first)} or {last}"


@dataclass(frozen=True)
class Limits:
    """What one person may pay back alone, by (role, currency) in major units; an empty name stands for every one."""

    entries: dict[tuple[str, str], Decimal]

    @classmethod
    def parse(cls, text: str) -> "Limits":
        """Read `500,JPY:75000,finance:2000,finance:JPY:300000` or `none`; raises `InvalidInput` naming the wrong entry."""
        if text.strip() == "none":
            return cls({})
        entries: dict[tuple[str, str], Decimal] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            *names, amount = (part.strip() for part in entry.split(":"))
            role = names.pop(0) if names and names[0] in set(Role) else ""
            currency = names.pop(0) if names else ""
            if names or (role, currency) in entries:
                raise InvalidInput([f"{entry!r} is no limit of its own. Write role:CURRENCY:amount once for each."])
            parse_major(amount, currency or "EUR")
            entries[role, currency] = Decimal(amount)
        return cls(entries)

    def of(self, role: Role | None, currency: str) -> int | None:
        """The amount above which a second person is needed; None where no limits are set at all.

        The entry that names most counts, the role before the currency. What no entry fits is limited to nothing.
        """
        if not self.entries:
            return None
        for names in ((str(role), currency), (str(role), ""), ("", currency), ("", "")):
            if names in self.entries:
                return int(self.entries[names].scaleb(exponent(currency)))
        return 0


@dataclass(frozen=True)
class ApprovalView:
    """One request as people see it. `effects` and `remaining_holds` are what its preview said when it was asked.

    `mine`: the reader asked it. `may_decide`: the reader can be the second person; where not, `why_not` says why.
    """

    id: int
    number: str
    action: str
    title: str
    amount_minor: int | None
    currency: str
    effects: tuple[str, ...]
    remaining_holds: tuple[str, ...]
    reason: str
    facts: dict[str, Any]
    state: str
    requested_by: str
    requested_role: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str
    decided_at: datetime | None
    decided_reason: str
    mine: bool
    may_decide: bool
    why_not: str


@dataclass(frozen=True)
class Review:
    """The queue of one reader: what waits for them, what they asked, what waits for others, what was decided lately."""

    to_decide: tuple[ApprovalView, ...]
    mine: tuple[ApprovalView, ...]
    others: tuple[ApprovalView, ...]
    decided: tuple[ApprovalView, ...]


@dataclass(frozen=True)
class ApprovalPreview:
    """What approving would do now. `changes` says in a sentence what moved since it was asked; empty when nothing did."""

    approval: ApprovalView
    preview: Preview
    changes: str


def decidable(action: str, requested_party: str, actor: Actor) -> bool:
    """Whether the actor may be the second person."""
    known = ApprovalAction(action)
    return actor.role in DECIDERS[known] and actor.may(AREAS[known], Level.ACT) and actor.party != requested_party
