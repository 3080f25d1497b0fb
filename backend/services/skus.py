"""The shop's item numbers and ours: what a person said once holds for the channel's next orders."""

from sqlmodel import Session

from backend.store import orders, skus
from backend.store.tables import Order


def aliases(session: Session, channel: str, given: set[str]) -> dict[str, str]:
    """Our SKU by the channel's, for those among `given` that a person has named."""
    wanted = {sku for sku in given if sku}
    return skus.aliases(session, channel, wanted) if wanted else {}


def unknown(session: Session, order: Order) -> str:
    """Which lines to be shipped are no items of ours, as a sentence each; empty when all are."""
    session.flush()
    lines = [item for item in orders.items(session, order.id) if item.requires_shipping]
    ours = skus.stocked(session, {item.sku for item in lines})
    return " ".join(
        f"{item.sku or 'A line without an item number'} is not one of our items."
        for item in lines
        if item.sku not in ours
    )
