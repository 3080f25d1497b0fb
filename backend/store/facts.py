"""What the way of an order is decided by, read at once: it is asked after every step, so as plainly as can be."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from backend.domain.steps import SUPERSEDED, StepKind, StepState
from backend.domain.tracking import TrackingStatus
from backend.store.parcels import NEWEST_STATUS

_FACTS = text(
    "select exists (select 1 from holds where order_id = :order_id and closed_at is null), "
    f"({NEWEST_STATUS}), "  # nosec B608 - a constant
    "(select state from steps where order_id = :order_id and kind = :address_check and subject = '' "
    "order by generation desc limit 1), "
    "exists (select 1 from steps where order_id = :order_id and kind = :label and subject = '' and outcome <> :superseded)"
)


@dataclass(frozen=True)
class Facts:
    """`held`: a hold is open. `parcel`: where the newest one is. `address_check`: how its step stands; None without.

    `label_promised`: the label's step was written down, and no correction has put another in its place since.
    """

    held: bool
    parcel: TrackingStatus | None
    address_check: StepState | None
    label_promised: bool


def of(session: Session, order_id: int) -> Facts:
    """The caller has locked the order."""
    session.flush()
    values = {
        "order_id": order_id,
        "address_check": str(StepKind.SHIPMENT_VERIFY_ADDRESS),
        "label": str(StepKind.SHIPMENT_CREATE),
        "superseded": SUPERSEDED,
    }
    held, parcel, address_check, label_promised = session.execute(_FACTS, values).one()
    return Facts(
        held,
        None if parcel is None else TrackingStatus(parcel),
        None if address_check is None else StepState(address_check),
        label_promised,
    )
