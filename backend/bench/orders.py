"""Orders for a measurement: two lines, one customer each, authorized in the shop; nothing holds them."""

from uuid import uuid4

from backend import clock
from backend.domain.intake import NewAddress, NewCustomer, NewItem, NewOrder
from backend.domain.orders import PaymentMode
from backend.domain.permissions import provider_actor
from backend.services import intake
from backend.services.run import in_unit_of_work

CHANNEL = "shopify"
FIRST = 7_300_000_000_000
"""External ids are this and a serial: long enough to be told from any other number of an order."""
_PRICES_MINOR = (("LAMP-OAK", "Desk lamp, oak", 14_900, 1), ("BULB-E27", "Bulb E27", 450, 2))
_SHIPPING_MINOR = 490


def create(serial: int) -> int:
    """Create one order by the service that the webhook calls; returns its id."""
    order, _ = in_unit_of_work(intake.create_order, new_order(serial), actor=provider_actor(CHANNEL))
    assert order is not None
    return order.id


def new_order(serial: int) -> NewOrder:
    external = str(FIRST + serial)
    address = NewAddress(
        name=f"Greta Falk {external}",
        line1=f"Lindenweg {serial}",
        city="Potsdam",
        postal_code="14467",
        country="DE",
        phone="+49331555010",
    )
    subtotal_minor = sum(price_minor * quantity for _, _, price_minor, quantity in _PRICES_MINOR)
    return NewOrder(
        channel=CHANNEL,
        external_id=external,
        external_number=f"#{external}",
        placed_at=clock.now(),
        currency="EUR",
        payment_mode=PaymentMode.AUTHORIZED,
        gateway=CHANNEL,
        payment_reference=external,
        customer=NewCustomer(f"c{external}", address.name, f"greta{external}@shop.invalid", address.phone),
        billing=address,
        shipping=address,
        items=tuple(
            NewItem(uuid4().hex, sku, name, quantity, price_minor, 0, 0, 800, True)
            for sku, name, price_minor, quantity in _PRICES_MINOR
        ),
        discounts=(),
        subtotal_minor=subtotal_minor,
        discount_minor=0,
        shipping_minor=_SHIPPING_MINOR,
        tax_minor=0,
        total_minor=subtotal_minor + _SHIPPING_MINOR,
        taxes_included=True,
    )
