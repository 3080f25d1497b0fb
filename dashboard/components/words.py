"""The words for codes: statuses, channels, providers and outcomes as people read them."""

_KNOWN: dict[str, str] = {
    "not_needed": "Nothing to ship",
    "unshipped": "Not shipped",
    "label_created": "Label bought",
    "partially_shipped": "Partly shipped",
    "in_transit": "On its way",
    "partially_refunded": "Partly refunded",
    "exception": "Trouble on delivery",
    "customer_service": "Customer service",
    "invoiceninja": "Invoice Ninja",
    "shipengine": "ShipEngine",
    "easypost": "EasyPost",
    "woocommerce": "WooCommerce",
    "generic": "Signed JSON",
    "smtp": "Mail server",
    "ups": "UPS",
    "usps": "USPS",
    "dhl": "DHL",
    "dhl_express": "DHL Express",
    "dpd": "DPD",
    "gls": "GLS",
    "fedex": "FedEx",
    "erp": "ERP",
    "terms": "Pays later",
}


def word(code: str) -> str:
    """`in_transit` → `On its way`; unknown codes are made readable."""
    return _KNOWN.get(code) or code.replace("_", " ").replace(".", " ").capitalize()


def count(number: int, one: str, many: str = "") -> str:
    """`1 order`, `1,204 orders`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
