"""Everybody's own work, by role: each number is counted by the very search that opens its rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from backend.domain import search
from backend.domain.approvals import decidable
from backend.domain.permissions import Actor, Role
from backend.domain.search import Flag
from backend.services import desk_notices
from backend.services.order_lists import counted_each
from backend.services.people import people_here
from dashboard.components.words import number
from dashboard.shell.asker import Asker, asker
from dashboard.shell.calls import ask
from dashboard.shell.shared import Shared

MOST = 9_999
"""Beyond this a number is not counted out."""


@dataclass(frozen=True)
class Own:
    """A search that is somebody's work. `mood` is what it is in while there is something."""

    key: str
    label: str
    query: str
    some: str
    none: str
    mood: str = "held"


_MINE = Own("mine", "Assigned to you", f"is:{Flag.MINE}", "your held orders", "nothing is assigned to you")
_NOBODYS = Own(
    "nobodys", "Nobody's yet", f"is:{Flag.UNASSIGNED}", "held, and nobody has them", "every held order has an owner"
)
_SNOOZED = Own("snoozed", "Snoozed", f"is:{Flag.SNOOZED}", "they come back by themselves", "nothing is snoozed", "idle")
_DISPUTES = Own(
    "disputes", "Disputed payments", "payment:disputed", "answer them at the provider", "no payment is disputed", "bad"
)
_REFUSED = Own(
    "refused", "Payments that are stuck", "cause:payment_refused,payment_mismatch,payment_declined",
    "refused, declined or not matching", "no payment is stuck",
)  # fmt: skip
_FRAUD = Own(
    "fraud", "Risk of fraud", "cause:fraud_risk,fraud_suspected", "check before they go on", "nothing is suspected"
)
_UNKNOWN = Own(
    "unknown",
    "Outcome unknown",
    "cause:outcome_unknown",
    "have the provider asked",
    "every outcome is known",
    "bad",
)
_TESTS = Own("tests", "Placed as a test", "is:test", "in the sandbox or by hand", "none", "idle")
_BROKEN = Own(
    "broken", "Technical trouble", "cause:provider_credentials,provider_not_connected,internal_error",
    "keys, connections, or a bug", "nothing is stopped by it", "bad",
)  # fmt: skip

_OVERDUE = Own("overdue", "Overdue", f"is:{Flag.OVERDUE}", "held for longer than they should be", "all in time", "bad")
_BACK = Own("back", "Back today", f"is:{Flag.BACK}", "snoozed until today", "nothing has come back today")
_UNREFUNDED = Own(
    "unrefunded", "Refunds that failed", f"is:{Flag.UNREFUNDED}", "the money is still here", "every refund went through",
    "bad",
)  # fmt: skip
_UNCREDITED = Own(
    "uncredited", "Credit notes that failed", f"is:{Flag.UNCREDITED}", "missing in the books", "all were issued", "bad"
)
_STOPPED = Own(
    "stopped", "Stopped today", f"is:{Flag.STOPPED}", "a hold was placed since midnight", "no new hold", "idle"
)
_CLEARED = Own("cleared", "Cleared today", f"is:{Flag.CLEARED}", "a hold was closed since midnight", "none yet", "good")

WORK: dict[Role, tuple[Own, ...]] = {
    Role.CUSTOMER_SERVICE: (_MINE, _NOBODYS, _OVERDUE, _BACK, _SNOOZED),
    Role.FINANCE: (_UNREFUNDED, _UNCREDITED, _REFUSED, _DISPUTES),
    Role.MANAGER: (_OVERDUE, _NOBODYS, _STOPPED, _CLEARED, _FRAUD, _DISPUTES),
    Role.QA: (_UNKNOWN, _TESTS, _BROKEN),
    Role.ADMIN: (_BROKEN, _UNKNOWN, _NOBODYS),
}


@dataclass
class Figure:
    """One number with its meaning, and where its rows are; `mood` is good, held, bad or idle."""

    key: str
    label: str
    value: str
    hint: str
    mood: str
    href: str


Searches = tuple[tuple[str, ...], Asker]


async def _count(key: Searches) -> tuple[int | None, ...]:
    return await ask(counted_each, key[0])


counts: Shared[Searches, tuple[int | None, ...]] = Shared(_count)
"""All of a role's searches are counted together, once for everybody to whom they mean the same."""


async def _counted(work: Sequence[Own]) -> dict[str, int | None]:
    """How many orders each search finds, by its key. Those about whoever asks are counted apart: others share the rest."""
    queries = {own.key: search.parse(own.query) for own in work}
    apart = [[key for key, query in queries.items() if query.personal is personal] for personal in (False, True)]
    groups = [keys for keys in apart if keys]
    asked = [(tuple(str(queries[key]) for key in keys), asker(*(queries[key] for key in keys))) for keys in groups]
    readings = await asyncio.gather(*(counts.current(each) for each in asked))
    return {
        key: found
        for keys, reading in zip(groups, readings, strict=True)
        for key, found in zip(keys, reading.value, strict=True)
    }


async def figures(actor: Actor, to_decide: int, incidents: int) -> list[Figure]:
    """The actor's own work, what waits for their decision and who has written to them first."""
    work = WORK[actor.role or Role.QA]
    counted = await _counted(work)
    found = [_figure(own, counted[own.key]) for own in work]
    if actor.role is Role.ADMIN:
        found += [_incidents(incidents), await _people()]
    told = await ask(desk_notices.unread)
    if told:
        found.insert(
            0,
            Figure(
                "told",
                "For you to read",
                number(told),
                "mentions, and what is back",
                "held",
                "/notices?show=unread",
            ),
        )
    if to_decide:
        decide = Figure("decide", "For you to decide", number(to_decide), "a second person is asked", "held", "/review")
        found.insert(0, decide)
    return found


def _incidents(open_now: int) -> Figure:
    hint, mood = ("a provider is away", "bad") if open_now else ("every provider answers", "good")
    return Figure("incidents", "Incidents", number(open_now), hint, mood, "/incidents")


async def _people() -> Figure:
    found = await ask(people_here)
    return Figure("people", "Signed in now", number(found.here), f"of {number(found.all)} who may", "idle", "/people")


def _figure(own: Own, orders: int | None) -> Figure:
    """`orders`: None where there are too many to count in time; the list itself says more."""
    value = f"{number(MOST)}+" if orders is None or orders > MOST else number(orders)
    hint, mood = (own.none, "good") if orders == 0 else (own.some, own.mood)
    return Figure(own.key, own.label, value, hint, mood, "/orders?" + urlencode({"q": own.query}))


def mine_to_decide(actor: Actor, waiting: tuple[tuple[str, str], ...]) -> int:
    """How many requests the actor can be the second person of."""
    return sum(decidable(action, party, actor) for action, party in waiting)
