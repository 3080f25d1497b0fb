"""The troubles an order can meet, and how each is arranged: in the order itself, or as faults of the outside world."""

from typing import Any

# Faults to set for a troubled order; those of the order's own body are arranged by the generator.
FAULTS: dict[str, tuple[dict[str, Any], ...]] = {
    "bad_address": (),
    "decline": (
        {"provider": "shopify", "operation": "capture", "fault": "decline", "times": 1},
        {"provider": "stripe", "operation": "capture", "fault": "decline", "times": 1},
        {"provider": "stripe", "operation": "pay", "fault": "decline", "times": 1},
    ),
    "carrier_refuses": ({"provider": "shipengine", "operation": "label", "fault": "refuse", "times": 1},),
    "out_of_stock": ({"provider": "shipengine", "operation": "label", "fault": "out_of_stock", "times": 1},),
    "insufficient_funds": (
        {"provider": "shipengine", "operation": "label", "fault": "insufficient_funds", "times": 1},
    ),
    "invoice_fails": ({"provider": "invoiceninja", "operation": "invoice", "fault": "refuse", "times": 1},),
    "slow": (
        {"provider": "shopify", "operation": "capture", "fault": "slow", "times": 1, "delay_seconds": 4},
        {"provider": "invoiceninja", "operation": "invoice", "fault": "slow", "times": 1, "delay_seconds": 6},
        {"provider": "shipengine", "operation": "label", "fault": "slow", "times": 1, "delay_seconds": 6},
    ),
    "server_errors": (
        {"provider": "invoiceninja", "operation": "invoice", "fault": "error_5xx", "times": 2},
        {"provider": "shipengine", "operation": "label", "fault": "error_5xx", "times": 2},
    ),
    "too_many": (),
    "customer_note": (),
    "post_box": (),
    "engraving": (),
}
TROUBLES = tuple(FAULTS)
SENTENCES = {
    "bad_address": "the carrier does not know the address",
    "decline": "the card is declined",
    "carrier_refuses": "the carrier refuses the parcel",
    "out_of_stock": "the fulfilment centre has run out",
    "insufficient_funds": "the carrier account has no funds",
    "invoice_fails": "the invoicing system refuses the invoice",
    "slow": "everybody answers slowly",
    "server_errors": "providers answer 500 a few times",
    "too_many": "more is ordered than there is in stock",
    "customer_note": "the customer left a note",
    "post_box": "the parcel is to go to a post office box",
    "engraving": "an item is to be engraved",
}
