"""Customers: names and streets as Faker knows them per country, at real towns, the same again for the same seed."""

import random
import unicodedata
from dataclasses import dataclass
from typing import Any

from faker import Faker

from backend.sandbox.shop.places import MARKETS, TOWNS, Market, Town

NAMES_PER_MARKET = 60
STREETS_PER_MARKET = 50
MAIL_DOMAINS = ("example.com", "example.net", "example.org")
JAPANESE_STREETS = ("Aoyama", "Sakura-dori", "Honmachi", "Midori-cho", "Asahi-dori", "Minami", "Kita", "Hanazono")
COMPANIES = ("Kelp & Co", "Northlight Studio", "Dry Dock Coffee", "Lindqvist Interiors", "Atelier Brume")


@dataclass(frozen=True)
class Customer:
    """A person who buys: the market, and the Shopify bodies of customer and address, made once."""

    market: Market
    body: dict[str, Any]
    address: dict[str, Any]
    other_address: dict[str, Any]
    browser_ip: str


@dataclass(frozen=True)
class _Pool:
    first: list[str]
    last: list[str]
    streets: list[str]


def make(seed: int, count: int) -> list[Customer]:
    """`count` customers, spread over the markets by their shares."""
    dice = random.Random(f"customers:{seed}")
    pools = {market.code: _pool(market, seed) for market in MARKETS}
    markets = dice.choices(MARKETS, weights=[market.share for market in MARKETS], k=count)
    return [_customer(dice, market, pools[market.code], seed, serial) for serial, market in enumerate(markets)]


def _pool(market: Market, seed: int) -> _Pool:
    faker = Faker(market.locale, use_weighting=False)
    faker.seed_instance(f"{seed}:{market.code}")
    if market.code == "JP":
        first = [faker.first_romanized_name() for _ in range(NAMES_PER_MARKET)]
        last = [faker.last_romanized_name() for _ in range(NAMES_PER_MARKET)]
        return _Pool(first, last, list(JAPANESE_STREETS))
    return _Pool(
        [faker.first_name() for _ in range(NAMES_PER_MARKET)],
        [faker.last_name() for _ in range(NAMES_PER_MARKET)],
        [faker.street_name() for _ in range(STREETS_PER_MARKET)],
    )


def _customer(dice: random.Random, market: Market, pool: _Pool, seed: int, serial: int) -> Customer:
    first, last = dice.choice(pool.first), dice.choice(pool.last)
    customer_id = 7_300_000_000_000 + seed % 1000 * 1_000_000 + serial
    address = _address(dice, market, pool, first, last)
    other = {**_address(dice, market, pool, first, last), "phone": address["phone"]}
    email = f"{_plain(first)}.{_plain(last)}{serial}@{dice.choice(MAIL_DOMAINS)}"
    body = {
        "id": customer_id,
        "email": email,
        "created_at": f"20{dice.randint(19, 24)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}T09:12:00+00:00",
        "first_name": first,
        "last_name": last,
        "state": "enabled" if dice.random() < 0.4 else "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "phone": None,
        "currency": market.currency,
        "tax_exemptions": [],
        "email_marketing_consent": {
            "state": "not_subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": None,
        },
        "sms_marketing_consent": None,
        "tags": dice.choice(("", "", "", "newsletter", "newsletter, returning", "trade")),
        "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
        "default_address": {
            "id": customer_id + 2_000_000_000_000,
            "customer_id": customer_id,
            **address,
            "country_name": market.country,
            "default": True,
        },
    }
    return Customer(market, body, address, other, f"192.0.2.{dice.randint(1, 254)}")


def _address(dice: random.Random, market: Market, pool: _Pool, first: str, last: str) -> dict[str, Any]:
    town: Town = dice.choice(TOWNS[market.code])
    city, province, province_code, zip_code, area = town
    number = str(dice.randint(1, 189))
    company = dice.choice(COMPANIES) if dice.random() < 0.06 else None
    return {
        "first_name": first,
        "last_name": last,
        "company": company,
        "address1": market.street.format(street=dice.choice(pool.streets), number=number),
        "address2": dice.choice((None, None, None, None, "Apt 4", "2nd floor"))
        if market.code in ("US", "CA", "GB")
        else None,
        "city": city,
        "province": province,
        "country": market.country,
        "zip": zip_code,
        "phone": _phone(dice, market, area),
        "name": f"{first} {last}",
        "province_code": province_code,
        "country_code": market.code,
        "latitude": None,
        "longitude": None,
    }


def _phone(dice: random.Random, market: Market, area: str) -> str:
    pattern = market.phone.replace("###555", f"{area}555", 1) if area else market.phone
    return "".join(str(dice.randint(0, 9)) if character == "#" else character for character in pattern)


def _plain(name: str) -> str:
    """A name as it stands in an e-mail address: lower case ASCII letters."""
    spelt = name.lower().replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("ł", "l")
    folded = unicodedata.normalize("NFKD", spelt)
    return "".join(character for character in folded if character.isascii() and character.isalnum()) or "customer"
