"""What a quarantined payload would become: checked by the same schema and rules as on arrival; nothing is stored."""

from typing import Any

from sqlmodel import Session

from backend import settings
from backend.domain import checks, strict_json
from backend.domain import intake as rules
from backend.domain.errors import InvalidInput
from backend.domain.holds import CATALOGUE
from backend.domain.intake import NewOrder
from backend.domain.money import display
from backend.domain.providers import provider_name
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.ports.registry import Adapters
from backend.store import orders
from backend.store.tables import InboxMessage


def problems_and_effects(
    session: Session, row: InboxMessage, body: bytes, adapters: Adapters
) -> tuple[list[str], tuple[str, ...]]:
    """Every problem that is left, or else what handling the message will do."""
    message = InboundMessage(
        headers={str(name): str(value) for name, value in row.headers.items()},
        body=body,
        received=row.received_at.timestamp(),
    )
    try:
        strict_json.read(body)
        read = _reader(row, adapters).read(message)
    except (UnusablePayload, InvalidInput) as error:
        return list(error.problems), ()
    if not isinstance(read, NewOrder):
        return [], (_other(row, read),)
    found = rules.problems(read)
    return (found, ()) if found else ([], _order_effects(session, read))


def _reader(row: InboxMessage, adapters: Adapters) -> Any:
    known: dict[str, dict[str, Any]] = {
        "channels": dict(adapters.channels),
        "payments": dict(adapters.payment_events),
        "shipping": dict(adapters.tracking_events),
    }
    reader = known.get(row.area, {}).get(row.provider)
    if reader is None:
        raise InvalidInput(
            [f"{provider_name(row.provider)} is not connected any more, so nothing can read its messages."]
        )
    return reader


def _other(row: InboxMessage, read: Any) -> str:
    if read is None:
        return f"{provider_name(row.provider)}'s message carries no order; it is noted, and nothing else happens."
    return f"{provider_name(row.provider)}'s news is applied to the payment or parcel that it is about."


def _order_effects(session: Session, new: NewOrder) -> tuple[str, ...]:
    known = orders.by_external_id(session, new.channel, new.external_id)
    name = new.external_number or new.external_id
    if known is not None:
        return (f"Order {known.number} ({name}) is here already: this is compared with it, and no second one is made.",)
    if new.cancelled:
        return (f"Order {name} was called off in the shop and never came in: nothing happens.",)
    config = settings.current()
    made = f"Order {name} is created: {new.size}, {display(new.total_minor, new.currency)}, {new.payment_mode}."
    found = checks.findings(new, enabled=config.check_names, countries=config.countries)
    return (made, *(f"It is held: {CATALOGUE[one.kind].title}. {one.reason}" for one in found))
