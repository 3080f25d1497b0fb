"""Stored documents, for staff to open."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from backend.domain.errors import NotFound
from backend.domain.permissions import Actor, Area, Level
from backend.store.personal import keyring
from backend.store.tables import Invoice


@dataclass(frozen=True)
class StoredDocument:
    content: bytes
    media_type: str
    filename: str


def document_pdf(session: Session, document_id: str, *, actor: Actor) -> StoredDocument:
    """An invoice or credit note as the invoicing system made it; raises `NotFound`."""
    actor.require(Area.ORDERS, Level.VIEW, "open documents")
    try:
        key = UUID(document_id)
    except ValueError:
        raise NotFound("There is no such document.") from None
    invoice = session.exec(select(Invoice).where(Invoice.id == key)).first()
    if invoice is None or invoice.document is None:
        raise NotFound("There is no such document, or it is not stored yet.")
    content = keyring().open_bytes("invoices", "document", invoice.id, invoice.document)
    return StoredDocument(content, invoice.media_type, f"{invoice.number}.pdf")
