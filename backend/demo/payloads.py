"""The shop's own order bodies: made by the sandbox's generator, then fitted to what the order is to meet."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from backend.demo import fates
from backend.demo.fates import Fate
from backend.demo.plan import Placed
from backend.domain.checks import Finding, findings
from backend.domain.holds import HoldKind
from backend.domain.intake import NewOrder
from backend.integrations.shopify.normalise import normalise
from backend.sandbox.shop.body import order_id as shop_order_id
from backend.sandbox.shop.catalogue import catalogue
from backend.sandbox.shop.generator import Generator

CUSTOMERS_SERVE = 5_000
"""Orders that one generator's customers place; then the shop has new customers."""
_SEEDS = 1_000
OURS = frozenset(product.sku for product in catalogue())
"""What the shop's shelves hold."""

_K = HoldKind
_ARRANGED: dict[str, str] = {
    _K.PO_BOX: "post_box",
    _K.OUT_OF_STOCK: "too_many",
    _K.CUSTOMER_NOTE: "customer_note",
    _K.CUSTOMISATION: "engraving",
    _K.ADDRESS_INVALID: "bad_address",
}
"""Troubles that the generator writes into the order itself."""
_CHECKS: dict[str, str] = {
    _K.ADDRESS_MISSING: "address",
    _K.ADDRESS_MALFORMED: "address",
    _K.TAX_ID_MALFORMED: "tax_id",
    _K.COUNTRY_NOT_SERVED: "country",
    _K.PO_BOX: "po_box",
    _K.PAYMENT_TERMS: "payment",
    _K.FRAUD_RISK: "fraud",
    fates.CANCELLED: "fraud",
    _K.CUSTOMER_NOTE: "note",
    _K.CUSTOMISATION: "customisation",
}
"""The check that finds each trouble; it may have been switched on at the time only."""
_STATUS: dict[str, str] = {
    _K.PAYMENT_TERMS: "pending",
    _K.PAYMENT_REFUSED: "pending",
    _K.PAYMENT_DISPUTED: "pending",
    _K.PAYMENT_MISMATCH: "paid",
    _K.PAYMENT_DECLINED: "authorized",
    _K.PROVIDER_REFUSED: "authorized",
    fates.CANCELLED: "authorized",
}


@lru_cache(maxsize=4)
def shop(seed: int) -> Generator:
    """The sandbox's shop with this seed; it takes a moment to think up its customers."""
    return Generator(seed)


def served(orders: int) -> int:
    """How many orders one shop's customers place in a load of this size; then there are new ones."""
    return max(CUSTOMERS_SERVE, -(-orders // (_SEEDS - 100)))


def shop_seed(seed: int, orders: int, serial: int) -> int:
    """Which shop places an order."""
    return (seed + serial // served(orders)) % _SEEDS


def external_id(seed: int, orders: int, serial: int) -> int:
    """The shop's own id of an order."""
    return shop_order_id(shop_seed(seed, orders, serial), serial)


def body(seed: int, orders: int, placed: Placed) -> dict[str, Any]:
    """The order as the shop's webhook would bring it."""
    generator = shop(shop_seed(seed, orders, placed.serial))
    name = placed.fate.name
    order = generator.order(placed.at, placed.serial, _ARRANGED.get(name))
    _settle_payment(order, placed.fate)
    match name:
        case _K.ADDRESS_MISSING:
            order["shipping_address"] = None
        case _K.ADDRESS_MALFORMED:
            order["shipping_address"] = _malformed(order["shipping_address"] or order["billing_address"])
        case _K.TAX_ID_MALFORMED:
            order["note_attributes"] = [{"name": "VAT number", "value": f"DE {placed.serial % 90_000 + 10_000}"}]
        case _K.SKU_UNKNOWN:
            _rename_an_item(order)
        case _K.FRAUD_RISK | fates.CANCELLED:
            order["risk_level"] = "high"
        case _:
            pass
    return order


def _settle_payment(order: dict[str, Any], fate: Fate) -> None:
    """What the shop says about the money; open orders are mostly authorized, as most orders of the shop are."""
    status = _STATUS.get(fate.name) or ("authorized" if fate.open else order["financial_status"])
    gateways = {"pending": "Payment link", "authorized": "shopify_payments", "paid": "shopify_payments"}
    order["financial_status"] = status
    order["payment_gateway_names"] = ["manual" if fate.name == _K.PAYMENT_TERMS else gateways[status]]
    order["total_outstanding"] = "0.00" if status == "paid" else order["total_price"]


def _rename_an_item(order: dict[str, Any]) -> None:
    """The shop calls an item by the number that it had last season."""
    shipped = [line for line in order["line_items"] if line["requires_shipping"]] or order["line_items"]
    shipped[0]["sku"] = f"{shipped[0]['sku']}-S25"


def _unknown_items(new: NewOrder) -> list[Finding]:
    unknown = [item.sku for item in new.items if item.sku not in OURS]
    reason = " ".join(f"{sku} is not one of our items." for sku in unknown)
    return [Finding(HoldKind.SKU_UNKNOWN, reason)] if unknown else []


def _malformed(address: dict[str, Any]) -> dict[str, Any]:
    """A postcode that lacks its end; where the country's postcodes bear that, no street."""
    shorter = {**address, "zip": str(address["zip"])[:2]}
    return shorter if _is_bad(shorter) else {**address, "address1": "", "address2": None}


def _is_bad(address: dict[str, Any]) -> bool:
    probe: dict[str, Any] = {
        "id": 1,
        "currency": "EUR",
        "financial_status": "paid",
        "processed_at": "2025-01-01T00:00:00+00:00",
        "line_items": [{"id": 1, "quantity": 1, "price": "1.00", "title": "x"}],
        "subtotal_price": "1.00",
        "total_discounts": "0.00",
        "total_price": "1.00",
        "total_tax": "0.00",
        "shipping_address": address,
    }
    return bool(findings(normalise(probe), enabled=frozenset({"address"}), countries=frozenset()))


def found(new: NewOrder, fate: Fate, enabled: frozenset[str], countries: frozenset[str]) -> Iterable[Finding]:
    """What the checks say; the one that the order's fate needs is switched on for it."""
    check = _CHECKS.get(fate.name)
    if fate.name == _K.COUNTRY_NOT_SERVED and new.shipping is not None:
        countries = frozenset({"DE", "AT", "NL", "IE"}) - {new.shipping.country}
    enabled = enabled | {check} if check else enabled
    by_the_rules = [*_of_the_address(new, enabled), *findings(new, enabled=enabled - {"address"}, countries=countries)]
    return by_the_rules + (_unknown_items(new) if fate.name == _K.SKU_UNKNOWN else [])


def _of_the_address(new: NewOrder, enabled: frozenset[str]) -> list[Finding]:
    """What the address check says, asked once for each place: it does not look at names and streets themselves."""
    given = new.shipping
    if "address" not in enabled or given is None:
        return findings(new, enabled=enabled & {"address"}, countries=frozenset())
    place = (new.requires_shipping, bool(given.line1), given.city, given.province, given.postal_code, given.country)
    if place not in _PLACES:
        _PLACES[place] = findings(new, enabled=frozenset({"address"}), countries=frozenset())
    return [finding for finding in _PLACES[place] if finding.kind in _ADDRESS_KINDS]


_ADDRESS_KINDS = (_K.ADDRESS_MISSING, _K.ADDRESS_MALFORMED)
_PLACES: dict[tuple[bool, bool, str, str, str, str], list[Finding]] = {}
