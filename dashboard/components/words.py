"""The words for codes: statuses, channels, providers and outcomes as people read them."""

from copy import copy
from decimal import Decimal
from functools import cache

from babel.core import Locale
from babel.numbers import NumberPattern

from backend.domain.permissions import ROLE_NAMES, Role
from dashboard.components.viewer import viewer

_KNOWN: dict[str, str] = {
    "not_needed": "Nothing to ship",
    "unshipped": "Not shipped",
    "label_created": "Label bought",
    "partially_shipped": "Partly shipped",
    "in_transit": "On its way",
    "partially_refunded": "Partly refunded",
    "exception": "Trouble on delivery",
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


def role_name(role: str) -> str:
    """`Customer service`, `QA`."""
    return ROLE_NAMES[Role(role)] if role in set(Role) else word(role)


def number(value: int | Decimal, decimals: int = 0) -> str:
    """`1,204`, or as the reader's language writes it."""
    locale, pattern = pattern_of(viewer().babel, "decimal", decimals)
    return str(pattern.apply(Decimal(value), locale))


def ungrouped(value: Decimal) -> str:
    """`1204.50`, with the reader's decimal mark: a number that other programs read as one."""
    mark = Locale.parse(viewer().babel).number_symbols["latn"]["decimal"]
    return f"{value:f}".replace(".", mark)


@cache
def pattern_of(tag: str, kind: str, decimals: int) -> tuple[Locale, NumberPattern]:
    """How a language writes decimals or amounts of money, with exactly so many decimals."""
    locale = Locale.parse(tag)
    pattern = copy(locale.decimal_formats[None] if kind == "decimal" else locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return locale, pattern


def count(amount: int, one: str, many: str = "") -> str:
    """`1 order`, `1,204 orders`."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"
