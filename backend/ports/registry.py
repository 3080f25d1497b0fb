"""The set of adapters that this installation has; `wiring` fills it, services choose from it."""

from dataclasses import dataclass, field

from backend.ports.channels import FulfilmentReceiver, OrderChannel
from backend.ports.invoicing import InvoicingSystem
from backend.ports.notifications import Mailer
from backend.ports.payments import PaymentEvents, PaymentGateway
from backend.ports.shipping import ShippingProvider, TrackingEvents


@dataclass(frozen=True)
class Adapters:
    """What is connected. `gateways` are by name; a channel that takes money itself has a gateway under its own name."""

    gateways: dict[str, PaymentGateway] = field(default_factory=dict)
    payment_events: dict[str, PaymentEvents] = field(default_factory=dict)
    default_gateway: str = ""
    invoicing: InvoicingSystem | None = None
    shipping: ShippingProvider | None = None
    tracking_events: dict[str, TrackingEvents] = field(default_factory=dict)
    channels: dict[str, OrderChannel] = field(default_factory=dict)
    fulfilment_receivers: dict[str, FulfilmentReceiver] = field(default_factory=dict)
    mailer: Mailer | None = None
