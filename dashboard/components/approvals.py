"""Requests for a second person, ready to be shown."""

from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.approvals import ApprovalAction, ApprovalPreview, ApprovalState, ApprovalView
from backend.domain.permissions import Role
from dashboard.components.money import money, told
from dashboard.components.times import age, full, until
from dashboard.components.words import role_name

_ENDS: dict[ApprovalState, tuple[str, str]] = {
    ApprovalState.PENDING: ("waiting", "Waits"),
    ApprovalState.APPROVED: ("good", "Approved"),
    ApprovalState.DECLINED: ("cancelled", "Declined"),
    ApprovalState.WITHDRAWN: ("idle", "Withdrawn"),
    ApprovalState.EXPIRED: ("idle", "Expired"),
}


@dataclass
class Request:
    """One line of the queue. `mood` and `state` say how it stands, `by` who asked or decided, and when."""

    id: int
    number: str
    href: str
    what: str
    amount: str
    reason: str
    by: str
    age: str
    age_full: str
    mood: str
    state: str
    ends: str
    verb: str


@dataclass
class Opened:
    """What the dialog shows of one request, and what a decision carries back."""

    id: int = 0
    number: str = ""
    what: str = ""
    asked: str = ""
    reason: str = ""
    changes: str = ""
    effects: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    refusal: str = ""
    may_approve: bool = False
    may_decline: bool = False
    may_withdraw: bool = False
    version: int = 0
    token: str = ""


def what(view: ApprovalView) -> str:
    """`Refund`, `Cancel order`, `Release: Fraud suspected`."""
    return f"Release: {view.title}" if view.action == ApprovalAction.RELEASE else view.title


def amount(view: ApprovalView) -> str:
    return money(view.amount_minor, view.currency) if view.amount_minor is not None else ""


def request(view: ApprovalView, now: datetime) -> Request:
    mood, state = _ENDS[ApprovalState(view.state)]
    by = f"{view.requested_by}{_role(view.requested_role)}"
    at = view.requested_at
    if view.decided_at is not None:
        at = view.decided_at
        by = f"asked by {view.requested_by}"
        if view.state in (ApprovalState.APPROVED, ApprovalState.DECLINED):
            by += f", {view.state} by {view.decided_by}"
    return Request(
        id=view.id,
        number=view.number,
        href=f"/orders/{view.number}",
        what=what(view),
        amount=amount(view),
        reason=view.decided_reason or view.reason,
        by=by,
        age=age(at, now),
        age_full=full(at),
        mood=mood,
        state=state,
        ends="" if view.decided_at else f"expires {until(view.expires_at, now)}",
        verb="Decide" if view.may_decide else "Withdraw" if view.mine else "View",
    )


def _role(role: str) -> str:
    return f" ({role_name(role)})" if role in set(Role) else ""


def opened(found: ApprovalPreview, may_act: bool, now: datetime) -> Opened:
    view, preview = found.approval, found.preview
    pending = view.state == ApprovalState.PENDING and view.expires_at > now
    return Opened(
        id=view.id,
        number=view.number,
        what=" · ".join(part for part in (what(view), amount(view)) if part),
        asked=f"{view.requested_by}{_role(view.requested_role)} asked {age(view.requested_at, now)} ago",
        reason=view.reason,
        changes=told(found.changes),
        effects=[told(effect) for effect in preview.effects],
        remaining=[told(hold) for hold in preview.remaining_holds],
        refusal="" if pending and view.mine else told(preview.refusal),
        may_approve=pending and view.may_decide and preview.refusal == "",
        may_decline=pending and view.may_decide,
        may_withdraw=pending and view.mine and may_act,
        version=preview.version,
        token=preview.token,
    )
