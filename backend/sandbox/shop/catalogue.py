"""The catalogue: about sixty stock keeping units with prices in every market's currency, weights and stock."""

from dataclasses import dataclass
from functools import cache

# Units of a currency for one euro, the step prices end on, and the currency's decimal places.
CURRENCIES: dict[str, tuple[float, int, int]] = {
    "EUR": (1.0, 100, 2),
    "GBP": (0.86, 100, 2),
    "USD": (1.09, 100, 2),
    "CAD": (1.49, 100, 2),
    "AUD": (1.65, 100, 2),
    "SEK": (11.4, 500, 2),
    "DKK": (7.46, 500, 2),
    "JPY": (168.0, 10, 0),
}
LIMITED_STOCK = 12
FIRST_PRODUCT_ID = 8_120_400_310_001
FIRST_VARIANT_ID = 44_910_220_100_001


@dataclass(frozen=True)
class Product:
    """One stock keeping unit. `prices` are minor units by currency, `grams` weight, `stock` units on hand."""

    sku: str
    title: str
    variant: str | None
    category: str
    prices: dict[str, int]
    grams: int
    stock: int
    popularity: int
    product_id: int
    variant_id: int
    requires_shipping: bool = True

    @property
    def name(self) -> str:
        """Title and variant as an order line shows them."""
        return f"{self.title} - {self.variant}" if self.variant else self.title


# (sku stem, title, category, price in EUR cents, grams, popularity, ((suffix, variant, price in percent), …))
RANGE: tuple[tuple[str, str, str, int, int, int, tuple[tuple[str, str | None, int], ...]], ...] = (
    (
        "BLK-WOL",
        "Harbour Wool Blanket",
        "Home",
        8900,
        1450,
        9,
        (("OAT", "Oat", 100), ("FIR", "Fir", 100), ("INK", "Ink", 100)),
    ),
    (
        "MUG-ENM",
        "Enamel Mug 350 ml",
        "Camp kitchen",
        1450,
        190,
        14,
        (("WHT", "White", 100), ("RED", "Signal red", 100), ("NVY", "Navy", 100)),
    ),
    ("LNT-STR", "Storm Lantern", "Lighting", 5400, 980, 7, (("BRS", "Brass", 118), ("BLK", "Black", 100))),
    ("TNT-2P", "Skerry Tent 2P", "Tents", 34900, 2380, 3, (("GRN", "Moss", 100), ("SND", "Sand", 100))),
    ("TNT-3P", "Skerry Tent 3P", "Tents", 42900, 2950, 2, (("GRN", "Moss", 100),)),
    ("SLP-DWN", "Down Sleeping Bag -5 °C", "Sleeping", 27900, 1080, 3, (("REG", "Regular", 100), ("LNG", "Long", 107))),
    ("MAT-AIR", "Drift Air Mat", "Sleeping", 9900, 520, 5, (("REG", "Regular", 100), ("WID", "Wide", 115))),
    ("STV-GAS", "Ember Gas Stove", "Camp kitchen", 6900, 410, 6, (("STD", None, 100),)),
    ("POT-TI", "Titanium Pot", "Camp kitchen", 5900, 165, 5, (("750", "750 ml", 100), ("1100", "1.1 l", 120))),
    ("KNF-OYS", "Oyster Knife", "Camp kitchen", 2900, 120, 4, (("ASH", "Ash handle", 100),)),
    (
        "JKT-WAX",
        "Waxed Deck Jacket",
        "Clothing",
        24900,
        1320,
        5,
        (("S", "S", 100), ("M", "M", 100), ("L", "L", 100), ("XL", "XL", 100)),
    ),
    (
        "SWT-FSH",
        "Fisherman Sweater",
        "Clothing",
        13900,
        780,
        8,
        (("S", "S / Natural", 100), ("M", "M / Natural", 100), ("L", "L / Natural", 100), ("XL", "XL / Natural", 100)),
    ),
    ("HAT-WCH", "Watch Cap", "Clothing", 3200, 85, 11, (("CHR", "Charcoal", 100), ("RST", "Rust", 100))),
    (
        "SCK-MRN",
        "Merino Socks, 2 pairs",
        "Clothing",
        2600,
        110,
        12,
        (("36", "36–39", 100), ("40", "40–43", 100), ("44", "44–47", 100)),
    ),
    ("GLV-LTH", "Leather Work Gloves", "Clothing", 4500, 230, 4, (("M", "M", 100), ("L", "L", 100))),
    ("BAG-DRY", "Dry Bag", "Bags", 3400, 240, 8, (("10", "10 l", 100), ("20", "20 l", 124), ("35", "35 l", 153))),
    ("PCK-DAY", "Causeway Daypack 24 l", "Bags", 11900, 890, 5, (("CLY", "Clay", 100), ("SLT", "Slate", 100))),
    ("BAG-LOG", "Canvas Log Carrier", "Home", 5900, 640, 4, (("OLV", "Olive", 100),)),
    ("CNL-SEA", "Sea Salt Candle", "Home", 2400, 420, 10, (("200", "200 g", 100),)),
    ("SOP-KLP", "Kelp Soap Bar", "Home", 900, 115, 13, (("STD", None, 100),)),
    ("TWL-LIN", "Linen Kitchen Towel, set of 2", "Home", 2800, 260, 9, (("STR", "Stripe", 100), ("CHK", "Check", 100))),
    ("BSK-WIL", "Willow Basket", "Home", 6400, 1150, 3, (("M", "Medium", 100), ("L", "Large", 131))),
    ("AXE-SML", "Splitting Hatchet", "Tools", 7900, 950, 4, (("STD", None, 100),)),
    ("SAW-FLD", "Folding Saw", "Tools", 3900, 310, 4, (("STD", None, 100),)),
    ("HMM-CTN", "Cotton Hammock", "Garden", 8400, 1650, 4, (("NAT", "Natural", 100), ("IND", "Indigo", 100))),
    ("CHR-DCK", "Folding Deck Chair", "Garden", 15900, 5400, 2, (("TEK", "Teak", 100),)),
    ("MAP-SEA", "Sea Chart Print", "Home", 3900, 330, 5, (("A2", "A2", 100), ("A1", "A1", 141))),
    ("THM-FLS", "Vacuum Flask", "Camp kitchen", 3900, 390, 9, (("500", "500 ml", 100), ("1000", "1 l", 126))),
    ("RAD-CRK", "Crank Radio", "Lighting", 7900, 460, 2, (("STD", None, 100),)),
    ("LMP-HED", "Head Lamp 400 lm", "Lighting", 5200, 95, 7, (("STD", None, 100),)),
)
# (sku, title, category, EUR cents, grams): made in small numbers; ordering many of them runs the shop out of stock.
LIMITED: tuple[tuple[str, str, str, int, int], ...] = (
    ("TWS-BOT-MDL", "Model Curragh, numbered edition", "Home", 18900, 1900),
    ("TWS-BEL-SHP", "Ship's Bell, cast bronze", "Home", 14900, 2600),
)
GIFT_CARD = ("TWS-GFT-050", "Gift Card", "Gift cards", 5000)


@cache
def catalogue() -> tuple[Product, ...]:
    """Every stock keeping unit, in a fixed order."""
    found: list[Product] = []
    for number, (stem, title, category, cents, grams, popularity, variants) in enumerate(RANGE):
        for suffix, variant, percent in variants:
            cost = cents * percent // 100
            stock = 400 + popularity * 120 - len(found) % 7 * 15
            found.append(
                Product(
                    sku=f"TWS-{stem}-{suffix}",
                    title=title,
                    variant=variant,
                    category=category,
                    prices=_prices(cost),
                    grams=grams * percent // 100,
                    stock=stock,
                    popularity=popularity,
                    product_id=FIRST_PRODUCT_ID + number,
                    variant_id=FIRST_VARIANT_ID + len(found),
                )
            )
    for sku, title, category, cents, grams in LIMITED:
        found.append(_special(len(found), sku, title, category, cents, grams, LIMITED_STOCK))
    sku, title, category, cents = GIFT_CARD
    found.append(_special(len(found), sku, title, category, cents, 0, 100_000))
    return tuple(found)


def _special(index: int, sku: str, title: str, category: str, cents: int, grams: int, stock: int) -> Product:
    return Product(
        sku=sku,
        title=title,
        variant=None,
        category=category,
        prices=_prices(cents),
        grams=grams,
        stock=stock,
        popularity=0,
        product_id=FIRST_PRODUCT_ID + 500 + index,
        variant_id=FIRST_VARIANT_ID + index,
        requires_shipping=grams > 0,
    )


def _prices(cents: int) -> dict[str, int]:
    """Prices by currency: converted, then set to a round ending as shops do."""
    prices = {"EUR": cents}
    for currency, (rate, step, places) in CURRENCIES.items():
        if currency != "EUR":
            minor = cents * rate / 100 * 10**places
            prices[currency] = max(round(minor / step), 1) * step
    return prices
