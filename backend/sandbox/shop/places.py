"""Where customers live: markets with their taxes, and real towns with postal codes that belong to them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Market:
    """A country the shop sells to. `tax_percent` is on goods; it is part of the prices when `tax_included`."""

    country: str
    code: str
    currency: str
    share: int
    locale: str
    language: str
    tax_name: str
    tax_percent: float
    tax_included: bool
    phone: str
    street: str
    shipping: tuple[tuple[str, str, int], ...]
    free_from: int
    zone: str


# Phones: "#" becomes a digit. Streets: in the country's order. Shipping: title, code, minor units.
MARKETS: tuple[Market, ...] = (
    Market(
        "Germany",
        "DE",
        "EUR",
        21,
        "de_DE",
        "de-DE",
        "MwSt",
        19,
        True,
        "+49151########",
        "{street} {number}",
        (("Standard", "STD-EU", 590), ("Express", "EXP-EU", 1490)),
        12000,
        "Europe/Berlin",
    ),
    Market(
        "Austria",
        "AT",
        "EUR",
        5,
        "de_AT",
        "de-AT",
        "USt",
        20,
        True,
        "+43660#######",
        "{street} {number}",
        (("Standard", "STD-EU", 790),),
        12000,
        "Europe/Vienna",
    ),
    Market(
        "Ireland",
        "IE",
        "EUR",
        8,
        "en_IE",
        "en-IE",
        "VAT",
        23,
        True,
        "+35387#######",
        "{number} {street}",
        (("Standard", "STD-IE", 450), ("Next day", "EXP-IE", 950)),
        8000,
        "Europe/Dublin",
    ),
    Market(
        "Netherlands",
        "NL",
        "EUR",
        8,
        "nl_NL",
        "nl-NL",
        "BTW",
        21,
        True,
        "+31612######",
        "{street} {number}",
        (("Standard", "STD-EU", 590),),
        12000,
        "Europe/Amsterdam",
    ),
    Market(
        "France",
        "FR",
        "EUR",
        9,
        "fr_FR",
        "fr-FR",
        "TVA",
        20,
        True,
        "+33612######",
        "{number} {street}",
        (("Standard", "STD-EU", 790), ("Express", "EXP-EU", 1690)),
        12000,
        "Europe/Paris",
    ),
    Market(
        "Spain",
        "ES",
        "EUR",
        4,
        "es_ES",
        "es-ES",
        "IVA",
        21,
        True,
        "+34612######",
        "{street} {number}",
        (("Standard", "STD-EU", 890),),
        15000,
        "Europe/Madrid",
    ),
    Market(
        "Italy",
        "IT",
        "EUR",
        4,
        "it_IT",
        "it-IT",
        "IVA",
        22,
        True,
        "+39340#######",
        "{street} {number}",
        (("Standard", "STD-EU", 890),),
        15000,
        "Europe/Rome",
    ),
    Market(
        "United Kingdom",
        "GB",
        "GBP",
        16,
        "en_GB",
        "en-GB",
        "VAT",
        20,
        True,
        "+447400######",
        "{number} {street}",
        (("Standard", "STD-GB", 495), ("Express", "EXP-GB", 1195)),
        10000,
        "Europe/London",
    ),
    Market(
        "United States",
        "US",
        "USD",
        14,
        "en_US",
        "en-US",
        "State Tax",
        7,
        False,
        "+1###55501##",
        "{number} {street}",
        (("Standard", "STD-INT", 1450), ("Express", "EXP-INT", 3200)),
        20000,
        "America/New_York",
    ),
    Market(
        "Canada",
        "CA",
        "CAD",
        3,
        "en_CA",
        "en-CA",
        "GST",
        5,
        False,
        "+1###55501##",
        "{number} {street}",
        (("Standard", "STD-INT", 1950),),
        26000,
        "America/Toronto",
    ),
    Market(
        "Sweden",
        "SE",
        "SEK",
        3,
        "sv_SE",
        "sv-SE",
        "Moms",
        25,
        True,
        "+4670174####",
        "{street} {number}",
        (("Standard", "STD-EU", 8900),),
        140000,
        "Europe/Stockholm",
    ),
    Market(
        "Denmark",
        "DK",
        "DKK",
        2,
        "da_DK",
        "da-DK",
        "Moms",
        25,
        True,
        "+4520123###",
        "{street} {number}",
        (("Standard", "STD-EU", 5900),),
        90000,
        "Europe/Copenhagen",
    ),
    Market(
        "Australia",
        "AU",
        "AUD",
        2,
        "en_AU",
        "en-AU",
        "GST",
        10,
        True,
        "+61491570###",
        "{number} {street}",
        (("Standard", "STD-INT", 2900),),
        35000,
        "Australia/Sydney",
    ),
    Market(
        "Japan",
        "JP",
        "JPY",
        1,
        "ja_JP",
        "ja-JP",
        "CT",
        10,
        True,
        "+819012######",
        "{number} {street}",
        (("Standard", "STD-INT", 3200),),
        40000,
        "Asia/Tokyo",
    ),
)

# (city, province, province code, postal code, area code for North American phones or "")
Town = tuple[str, str | None, str | None, str, str]
TOWNS: dict[str, tuple[Town, ...]] = {
    "DE": tuple(
        (city, None, None, code, "")
        for city, code in (
            ("Berlin", "10115"),
            ("Berlin", "10997"),
            ("Hamburg", "20357"),
            ("Hamburg", "22765"),
            ("München", "80331"),
            ("Köln", "50667"),
            ("Frankfurt am Main", "60311"),
            ("Leipzig", "04109"),
            ("Freiburg im Breisgau", "79098"),
            ("Kiel", "24103"),
            ("Münster", "48143"),
            ("Rostock", "18055"),
            ("Tübingen", "72070"),
        )
    ),
    "AT": tuple(
        (city, None, None, code, "")
        for city, code in (
            ("Wien", "1010"),
            ("Wien", "1070"),
            ("Graz", "8010"),
            ("Linz", "4020"),
            ("Salzburg", "5020"),
            ("Innsbruck", "6020"),
        )
    ),
    "IE": tuple(
        (city, None, None, code, "")
        for city, code in (
            ("Dublin", "D02 XY45"),
            ("Dublin", "D08 K7P2"),
            ("Cork", "T12 W8KP"),
            ("Galway", "H91 E2R8"),
            ("Limerick", "V94 T9PX"),
            ("Kinsale", "P17 XH21"),
        )
    ),
    "NL": tuple(
        (city, None, None, code, "")
        for city, code in (
            ("Amsterdam", "1016 DK"),
            ("Rotterdam", "3011 AA"),
            ("Utrecht", "3511 LN"),
            ("Groningen", "9711 LM"),
            ("Haarlem", "2011 RD"),
            ("Delft", "2611 GX"),
        )
    ),
    "FR": tuple(
        (city, None, None, code, "")
        for city, code in (
            ("Paris", "75011"),
            ("Lyon", "69002"),
            ("Marseille", "13006"),
            ("Nantes", "44000"),
            ("Bordeaux", "33000"),
            ("Rennes", "35000"),
            ("Brest", "29200"),
            ("Lille", "59800"),
        )
    ),
    "ES": (
        ("Madrid", "Madrid", "M", "28013", ""),
        ("Barcelona", "Barcelona", "B", "08003", ""),
        ("Valencia", "Valencia", "V", "46001", ""),
        ("Bilbao", "Vizcaya", "BI", "48001", ""),
        ("Sevilla", "Sevilla", "SE", "41004", ""),
    ),
    "IT": (
        ("Roma", "Roma", "RM", "00184", ""),
        ("Milano", "Milano", "MI", "20121", ""),
        ("Torino", "Torino", "TO", "10123", ""),
        ("Bologna", "Bologna", "BO", "40126", ""),
        ("Trieste", "Trieste", "TS", "34121", ""),
    ),
    "GB": tuple(
        (city, None, None, code, "")
        for city, code in (
            ("London", "E2 7DJ"),
            ("London", "SE15 4QN"),
            ("Bristol", "BS1 4DJ"),
            ("Manchester", "M1 1AE"),
            ("Edinburgh", "EH6 6QU"),
            ("Glasgow", "G12 8QQ"),
            ("Brighton", "BN1 1UB"),
            ("Falmouth", "TR11 3JQ"),
            ("York", "YO1 7HH"),
            ("Cardiff", "CF10 1EP"),
        )
    ),
    "US": (
        ("Portland", "Oregon", "OR", "97205", "503"),
        ("Portland", "Maine", "ME", "04101", "207"),
        ("Seattle", "Washington", "WA", "98101", "206"),
        ("Boston", "Massachusetts", "MA", "02116", "617"),
        ("Brooklyn", "New York", "NY", "11215", "718"),
        ("Burlington", "Vermont", "VT", "05401", "802"),
        ("Austin", "Texas", "TX", "78704", "512"),
        ("San Francisco", "California", "CA", "94110", "415"),
        ("Chicago", "Illinois", "IL", "60614", "312"),
        ("Minneapolis", "Minnesota", "MN", "55408", "612"),
    ),
    "CA": (
        ("Toronto", "Ontario", "ON", "M5V 2T6", "416"),
        ("Vancouver", "British Columbia", "BC", "V6B 1A1", "604"),
        ("Montréal", "Quebec", "QC", "H2X 1Y4", "514"),
        ("Halifax", "Nova Scotia", "NS", "B3J 1S9", "902"),
        ("Victoria", "British Columbia", "BC", "V8W 1P6", "250"),
    ),
    "SE": tuple(
        (city, None, None, code, "")
        for city, code in (("Stockholm", "118 26"), ("Göteborg", "413 04"), ("Malmö", "211 22"), ("Uppsala", "753 10"))
    ),
    "DK": tuple(
        (city, None, None, code, "")
        for city, code in (("København K", "1256"), ("Aarhus C", "8000"), ("Odense C", "5000"), ("Skagen", "9990"))
    ),
    "AU": (
        ("Sydney", "New South Wales", "NSW", "2010", ""),
        ("Melbourne", "Victoria", "VIC", "3065", ""),
        ("Brisbane", "Queensland", "QLD", "4101", ""),
        ("Hobart", "Tasmania", "TAS", "7000", ""),
    ),
    "JP": (
        ("Shibuya-ku", "Tokyo", "JP-13", "150-0002", ""),
        ("Setagaya-ku", "Tokyo", "JP-13", "154-0004", ""),
        ("Yokohama-shi", "Kanagawa", "JP-14", "231-0023", ""),
        ("Kyoto-shi", "Kyoto", "JP-26", "604-8005", ""),
    ),
}
