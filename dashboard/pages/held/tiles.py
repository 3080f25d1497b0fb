"""What stands above the rows: causes with their weight, and the ways to order the queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.providers import provider_name
from backend.domain.queue import Cause, HeldSummary, Sort
from dashboard.components.money import sums, told
from dashboard.components.words import number
from dashboard.pages.held.address import Address

MOST_TILES = 5
"""Causes shown at once; the smaller ones are folded away, but never the chosen one."""
SORT_WORDS = {Sort.AGE: "Age", Sort.DUE: "Due", Sort.AMOUNT: "Amount"}


@dataclass
class CauseTile:
    """A cause with how many it stops and what is at stake; `share` is its part of all holds in percent."""

    key: str
    title: str
    label: str
    orders: str
    stake: str
    share: str
    href: str
    chosen: bool


@dataclass
class SortChoice:
    key: str
    label: str
    href: str
    order: str
    """ascending, descending, or none when the queue is not in this order."""


@dataclass
class Scope:
    """A part of the queue: everybody's orders, one's own, or those put away for later."""

    key: str
    label: str
    orders: str
    href: str
    chosen: bool


def scopes(summary: HeldSummary, address: Address, me: int) -> list[Scope]:
    everybody = not address.mine and not address.snoozed
    found = [
        Scope(
            "all",
            "Everybody's",
            number(summary.orders - summary.snoozed),
            address.href(mine=False, snoozed=False),
            everybody,
        ),
        Scope("mine", "Mine", number(summary.of_person(me)), address.href(mine=True, snoozed=False), address.mine),
    ]
    if summary.snoozed or address.snoozed:
        away = address.href(mine=False, snoozed=True)
        found.append(Scope("snoozed", "Snoozed", number(summary.snoozed), away, address.snoozed and not address.mine))
    return found


def tiles(causes: Sequence[Cause], address: Address) -> list[CauseTile]:
    everything = sum(cause.orders for cause in causes) or 1
    return [_tile(cause, address, everything) for cause in causes]


def _tile(cause: Cause, address: Address, everything: int) -> CauseTile:
    chosen = cause.cluster == address.cause or cause.kind == address.kind
    return CauseTile(
        key=cause.cluster,
        title=cause.title,
        label=" · ".join(
            part for part in (provider_name(cause.provider) if cause.provider else "", told(cause.label)) if part
        ),
        orders=number(cause.orders),
        stake=sums(cause.money, most=2),
        share=f"{max(2, round(100 * cause.orders / everything))}%",
        href=address.href(cause="" if chosen else cause.cluster, kind=""),
        chosen=chosen,
    )


def folded(found: list[CauseTile]) -> tuple[list[CauseTile], list[CauseTile]]:
    """The largest causes and the chosen one, and the rest."""
    if len(found) <= MOST_TILES + 1:
        return found, []
    shown = found[: MOST_TILES - 1]
    chosen = [tile for tile in found[MOST_TILES - 1 :] if tile.chosen]
    shown += chosen or [found[MOST_TILES - 1]]
    return shown, [tile for tile in found if tile not in shown]


def sorts(address: Address) -> list[SortChoice]:
    direction = "descending" if address.desc else "ascending"
    return [
        SortChoice(str(sort), words, address.sorted_by(sort), direction if address.sort is sort else "none")
        for sort, words in SORT_WORDS.items()
    ]
