"""What colleagues of the demo's shop write: reasons, notes, and remarks of carriers. No personal data."""

from backend.domain.holds import HoldKind

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
