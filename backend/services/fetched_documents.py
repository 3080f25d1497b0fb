"""A document that is fetched to be kept must be the one that was issued: same number, same total, same currency."""

from dataclasses import dataclass

from backend.domain.money import display
from backend.ports.calls import OutcomeUnknown
from backend.ports.invoicing import Document, InvoicingSystem, IssuedInvoice
from backend.store.tables import Invoice

Fetched = tuple[IssuedInvoice, Document]


@dataclass(frozen=True)
class OnRecord:
    """What we know of an issued document; `reference` is the invoicing system's id of it."""

    reference: str
    number: str
    total_minor: int
    currency: str


def on_record(document: Invoice) -> OnRecord:
    return OnRecord(document.reference, str(document.number), document.total_minor, document.currency)


def as_recorded(system: InvoicingSystem, wanted: OnRecord, fetched: Fetched) -> Fetched:
    """What was fetched; raises `OutcomeUnknown` for another document than was asked for, so that it is fetched again."""
    issued, _ = fetched
    got = (issued.number, issued.total_minor, issued.currency or wanted.currency)
    if got != (wanted.number, wanted.total_minor, wanted.currency):
        raise OutcomeUnknown(
            system.name,
            f"The document that came is number {issued.number} over {display(got[1], got[2])}; asked for was"
            f" {wanted.number} over {display(wanted.total_minor, wanted.currency)}. It was not stored.",
        )
    return fetched
