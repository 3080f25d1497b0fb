"""Which of our items a channel's item is, and which items we stock."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from backend.domain.permissions import Actor
from backend.store.tables import InventoryItem, SkuAlias


def aliases(session: Session, channel: str, skus: set[str]) -> dict[str, str]:
    """Our SKU by the channel's, for those that a person has named."""
    statement = select(SkuAlias).where(SkuAlias.channel == channel, col(SkuAlias.channel_sku).in_(skus))
    return {alias.channel_sku: alias.sku for alias in session.exec(statement).all()}


def remember(session: Session, channel: str, channel_sku: str, sku: str, *, actor: Actor, at: datetime) -> None:
    """From now on this channel's item is ours of that SKU; the newest word counts."""
    values = {"sku": sku, "actor_id": actor.id, "actor_name": actor.name, "at": at}
    statement = insert(SkuAlias).values(channel=channel, channel_sku=channel_sku, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["channel", "channel_sku"], set_=values))


def stocked(session: Session, skus: set[str]) -> dict[str, int]:
    """Free pieces by SKU, of those that we stock."""
    rows = session.exec(select(InventoryItem).where(col(InventoryItem.sku).in_(skus))).all()
    return {row.sku: row.on_hand - row.reserved for row in rows}


def search(session: Session, text: str, limit: int) -> list[tuple[str, str]]:
    """SKU and name of items in whose number or name the text occurs; those whose number begins with it come first."""
    sku, name = col(InventoryItem.sku), col(InventoryItem.name)
    statement = select(sku, name).order_by(sku.istartswith(text, autoescape=True).desc(), sku).limit(limit)
    if text:
        met = sku.icontains(text, autoescape=True) | name.icontains(text, autoescape=True)
        statement = statement.where(met)
    return [(row[0], row[1]) for row in session.exec(statement).all()]
