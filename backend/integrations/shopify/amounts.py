"""Reading Shopify's money: text in major units, as minor units of the order's currency."""

from typing import Any

from backend.domain.errors import InvalidInput
from backend.domain.money import exponent, parse_major
from backend.integrations.reading import at, objects


class Amounts:
    """Reads amounts by JSON path and keeps every problem as a sentence; an amount with a problem counts as zero."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.problems: list[str] = []
        try:
            exponent(currency)
            self._known = True
        except InvalidInput as error:
            self.problems.append(f"$.currency: {error.sentence}")
            self._known = False

    def read(self, source: dict[str, Any], key: str, where: str) -> int:
        """The amount under a key; zero where it is null or missing."""
        value = source.get(key)
        if value is None or not self._known:
            return 0
        try:
            return parse_major(value, self.currency)
        except InvalidInput as error:
            self.problems.append(f"{where}.{key}: {error.sentence}")
            return 0

    def of_set(self, source: dict[str, Any], key: str) -> int:
        """The shop's own currency out of a price set."""
        money = at(source, key, "shop_money")
        return self.read(money, "amount", f"$.{key}.shop_money") if isinstance(money, dict) else 0

    def sum_of(self, source: dict[str, Any], key: str, field: str, where: str) -> int:
        """The sum of one field over a list of objects."""
        rows = objects(source, key)
        return sum(self.read(row, field, f"{where}.{key}[{index}]") for index, row in enumerate(rows))
