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

CHANNELS = ("generic", "shopify")
"""Channels that orders can come from, by their keys."""


def provider_name(key: str) -> str:
    """The name for people; unknown ones are shown as they are, with a capital."""
    return _NAMES.get(key, key.capitalize())


_CARRIERS = {
    "ups": "UPS",
    "usps": "USPS",
    "dhl": "DHL",
    "dhl_express": "DHL Express",
    "dpd": "DPD",
    "gls": "GLS",
    "fedex": "FedEx",
}


def carrier_name(code: str) -> str:
    """A carrier for people; unknown ones are made readable."""
    return _CARRIERS.get(code.lower()) or code.replace("_", " ").strip().capitalize()


def shop_url(channel: str, base: str, external_id: str) -> str:
    """An order's page for the shop's own staff, where the channel has one and its address is known; else empty."""
    return f"{base.rstrip('/')}/admin/orders/{external_id}" if channel == "shopify" and base and external_id else ""
