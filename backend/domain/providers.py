"""What outside systems are called when people read of them."""

_NAMES = {
    "stripe": "Stripe",
    "shopify": "Shopify",
    "invoiceninja": "Invoice Ninja",
    "shipengine": "ShipEngine",
    "razorpay": "Razorpay",
    "easypost": "EasyPost",
    "erp": "ERP system",
    "generic": "Signed JSON channel",
    "smtp": "Mail server",
}


def provider_name(key: str) -> str:
    """The name for people; unknown ones are shown as they are, with a capital."""
    return _NAMES.get(key, key.capitalize())
