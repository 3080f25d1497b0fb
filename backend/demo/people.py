"""Customers without number: those of a sandbox shop, mixed anew, each a resident of the market of the one it copies."""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass

from backend.sandbox.shop.generator import Generator
from backend.sandbox.shop.people import MAIL_DOMAINS

FIRST_ID = 7_310_000_000_000
"""Beyond the ids of the sandbox's own customers."""
_IDS_PER_SHELF, COPIES = 1_000_000_000, 100_000
_MAIL = re.compile(r"(?P<first>[^.@]+)\.(?P<last>\D+)\d+@")


@dataclass(frozen=True)
class Person:
    """Somebody who buys; `home` and `elsewhere` are the street lines of two addresses."""

    external_id: int
    name: str
    email: str
    phone: str
    home: str
    elsewhere: str


class People:
    """The customers of one shelf. `copy(i, n)` is the same person whenever it is asked."""

    def __init__(self, shop: Generator, shelf: int) -> None:
        self._shop, self._shelf = shop, shelf
        self._neighbours: defaultdict[str, list[int]] = defaultdict(list)
        self._mails = []
        for index, customer in enumerate(shop.customers):
            self._neighbours[customer.market.code].append(index)
            found = _MAIL.match(customer.body["email"])
            self._mails.append((found["first"], found["last"]) if found else ("customer", "unknown"))

    def copy(self, index: int, number: int) -> Person:
        """The `number`th person who lives where customer `index` of the shop lives (`number` below `COPIES`)."""
        shop, which = self._shop.customers, number % COPIES
        near = self._neighbours[shop[index].market.code]
        mixed = hashlib.blake2b(f"{self._shop.seed}|{index}|{which}".encode(), digest_size=20).digest()
        first, last, home, elsewhere, phone = (
            near[int.from_bytes(mixed[4 * part : 4 * part + 4], "big") % len(near)] for part in range(5)
        )
        name = f"{shop[first].body['first_name']} {shop[last].body['last_name']}"
        serial = self._shelf * _IDS_PER_SHELF + index * COPIES + which
        mail = f"{self._mails[first][0]}.{self._mails[last][1]}{which * len(shop) + index}s{self._shelf}"
        return Person(
            external_id=FIRST_ID + serial,
            name=name,
            email=f"{mail}@{MAIL_DOMAINS[mixed[0] % len(MAIL_DOMAINS)]}",
            phone=str(shop[phone].address["phone"]),
            home=str(shop[home].address["address1"]),
            elsewhere=str(shop[elsewhere].other_address["address1"]),
        )
