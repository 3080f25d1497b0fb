"""What colleagues of the demo's shop write: reasons, notes, and remarks of carriers. No personal data."""

from backend.domain.holds import HoldKind
from backend.domain.permissions import Role
from backend.domain.views import ListPage

REASONS: dict[HoldKind, tuple[str, ...]] = {
    HoldKind.FRAUD_RISK: (
        "Spoke to the customer on the phone, all in order.",
        "Known customer with earlier orders, the address is the same.",
        "Bank confirmed the card holder.",
    ),
    HoldKind.PAYMENT_TERMS: (
        "Pays by bank transfer, as always.",
        "Transfer has arrived, seen on the account.",
        "Trade customer on thirty days.",
    ),
    HoldKind.BY_STAFF: ("The customer has answered, it can go.", "Settled by phone.", "Parcel was repacked."),
    HoldKind.CANCELLED_IN_SHOP: ("Cancelled by mistake, the customer wants the parcel after all.",),
    HoldKind.PAYMENT_DISPUTED: ("The customer did not recognise our name and takes the dispute back.",),
    HoldKind.PO_BOX: ("UPS delivers to this box through its access point.", ""),
    HoldKind.CUSTOMER_NOTE: ("Passed on to the carrier.", "Read, nothing to change."),
    HoldKind.CUSTOMISATION: ("Engraving is possible.",),
    HoldKind.ADDRESS_MALFORMED: ("Checked with the customer.", "The postcode is a new one, it is right."),
    HoldKind.ADDRESS_MISSING: ("Ship to the billing address, agreed by mail.",),
    HoldKind.ADDRESS_INVALID: ("New housing estate, the carrier's list is old.",),
    HoldKind.COUNTRY_NOT_SERVED: ("Agreed with the customer, who pays the difference.",),
    HoldKind.ORDER_AMENDED: ("Only the gift message changed.",),
    HoldKind.DELIVERY_EXCEPTION: ("Carrier will try again tomorrow.", "Weather, on its way again."),
}
STOPPED = (
    "Customer called: wants to change the colour, waits for our answer.",
    "Packing found a scratch on the item, replacement is on its way from the store room.",
    "Customer asked to wait with shipping until the weekend.",
    "Two orders of the same customer, to be packed together.",
)
SUSPECTED = (
    "Third order to this address in two days, each on another card.",
    "The name on the card is not the customer's, and nobody answers the phone.",
)
CANCELLED = ("Customer does not want to wait any longer.", "Ordered by mistake, customer called.")
NOTES = (
    "Called the customer, no answer. Trying again tomorrow.",
    "Wrote to the customer.",
    "Customer is sending another card.",
    "Carrier's hotline: ticket opened.",
    "Checked with the warehouse, goods are there.",
    "Told the customer that it takes a day longer.",
)
REFUND_REASONS = (
    "Returned: too small.",
    "Returned: not as expected.",
    "Damaged in transit.",
    "Returned within 14 days.",
)
EXCEPTIONS = (
    "The parcel is delayed by an exception",
    "The receiver's address could not be reached",
    "The parcel was damaged and is being inspected",
    "Held at customs: papers are missing",
)
HUBS = ("Köln, DE", "Leipzig, DE", "Eindhoven, NL", "Herne-Börnig, DE", "Paris, FR")

MENTIONS: tuple[tuple[Role, HoldKind, str], ...] = (
    (
        Role.CUSTOMER_SERVICE,
        HoldKind.PAYMENT_MISMATCH,
        "@Jonas Weber, the gateway has ten per cent less than the order says. Was that a voucher? I would not ship yet.",
    ),
    (
        Role.CUSTOMER_SERVICE,
        HoldKind.FRAUD_RISK,
        "@Priya Nair, same street as last week's chargeback, other name. Yours or mine?",
    ),
    (
        Role.MANAGER,
        HoldKind.SHIPMENT_NOT_ACCEPTED,
        "@Sofia Marin, the carrier takes up to 30 kg. Please split it with the warehouse, then retry.",
    ),
    (
        Role.MANAGER,
        HoldKind.OUT_OF_STOCK,
        "@Sofia Marin, the delivery comes on Thursday. Snooze it until then, the customer knows.",
    ),
    (
        Role.CUSTOMER_SERVICE,
        HoldKind.OUTCOME_UNKNOWN,
        "@Tom Okafor, is this the time-out that you saw in the lab? Four tries, and none of them has an answer.",
    ),
    (
        Role.MANAGER,
        HoldKind.PROVIDER_CREDENTIALS,
        "@Ada Lindqvist, the carrier says that our key is not valid any more. Everything for this account will stop here.",
    ),
)
"""Who writes to whom, on an order that is held for what."""
ANSWERED = "The customer says: the house is new, the street has no sign yet. The number is right."
WANTS_MONEY_BACK = "The set arrived broken, the customer sent pictures and does not want another one."
NO_FRAUD = "Spoke to the customer and to the bank: all three cards are hers, the orders are presents."
VIEWS: tuple[tuple[Role, ListPage, str, str, bool], ...] = (
    (
        Role.MANAGER,
        ListPage.HELD,
        "Addresses to ask about",
        "cause:address_invalid,address_malformed,address_missing,po_box",
        True,
    ),
    (Role.MANAGER, ListPage.ORDERS, "Large and still here", "amount:>300 shipping:unshipped -status:cancelled", True),
    (Role.CUSTOMER_SERVICE, ListPage.HELD, "Cards that were declined", "cause:payment_declined", False),
)
"""Lists that somebody keeps, some of them for everybody."""
