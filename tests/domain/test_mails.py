"""Mails: the same words as text and as HTML, and nothing from outside becomes markup."""

from html.parser import HTMLParser

import pytest

from backend.domain import mails
from backend.domain.mails import Words, as_html, as_text

NASTY = '<script>alert(1)</script><img src=x onerror="alert(2)">&"\''
SHOP = "Tide & <b>Harbour</b>"


class _Parsed(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(words: Words) -> _Parsed:
    parser = _Parsed()
    parser.feed(as_html(words, SHOP))
    return parser


ALL = [
    mails.confirmation(NASTY, NASTY, ((NASTY, NASTY),), paid=True),
    mails.staff_confirmation(NASTY, NASTY, ((NASTY, NASTY),), "https://desk.example/orders/1", paid=False),
    mails.payment_link(NASTY, NASTY, NASTY, "https://pay.example/?a=1&b=<2>"),
    mails.invoice(NASTY, NASTY, NASTY),
    mails.shipped(NASTY, NASTY, NASTY, NASTY, "https://track.example/1"),
    mails.delivered(NASTY, NASTY),
    mails.staff_alert(NASTY, NASTY, NASTY, NASTY, NASTY, "https://desk.example/orders/1"),
    mails.incident(NASTY, NASTY, "https://desk.example"),
]


@pytest.mark.parametrize("words", ALL)
def test_names_and_notes_stay_text_in_html(words: Words) -> None:
    found = parsed(words)
    assert set(found.tags) <= {"html", "body", "p", "table", "tr", "td", "a"}
    assert NASTY in found.text
    assert SHOP in found.text


@pytest.mark.parametrize("words", ALL)
def test_text_and_html_say_the_same(words: Words) -> None:
    plain, rich = as_text(words, SHOP), parsed(words).text
    for paragraph in words.paragraphs:
        assert paragraph in plain
        assert paragraph in rich
    for left, right in words.rows:
        assert f"{left}  {right}" in plain
        assert left + right in rich
    assert plain.endswith(f"-- \n{SHOP}\n")


def test_a_link_is_the_only_address_in_a_mail_and_stays_whole() -> None:
    words = mails.payment_link("Greta", "#1001", "10.00 EUR", "https://pay.example/?a=1&b=<2>")
    assert parsed(words).links == ["https://pay.example/?a=1&b=<2>"]
    assert "Pay now: https://pay.example/?a=1&b=<2>" in as_text(words, SHOP)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "mailto:x@y"])
def test_only_web_addresses_become_links(address: str) -> None:
    assert parsed(mails.shipped("Greta", "#1", "UPS", "1Z", address)).links == []


def test_a_mail_without_an_address_to_open_has_no_link() -> None:
    assert mails.shipped("Greta", "#1", "", "1Z", "").link is None
    assert mails.payment_link("Greta", "#1", "1.00 EUR", "").link is None
    assert "the carrier has your parcel" in mails.shipped("Greta", "#1", "", "1Z", "").paragraphs[1]


def test_only_a_paid_order_is_thanked_for_its_payment() -> None:
    rows = (("Total", "1.00 EUR"),)
    paid = [mails.confirmation("G", "#1", rows, paid=True), mails.staff_confirmation("ORD", "x", rows, "", paid=True)]
    owed = [mails.confirmation("G", "#1", rows, paid=False), mails.staff_confirmation("ORD", "x", rows, "", paid=False)]
    assert ["We have your payment" in as_text(paid[0], "S"), "is paid" in as_text(paid[1], "S")] == [True, True]
    assert ["We have your payment" in as_text(owed[0], "S"), "is paid" in as_text(owed[1], "S")] == [False, False]


def test_columns_line_up_in_plain_text() -> None:
    text = as_text(Words("s", (), (("2 × Mug", "29.00 EUR"), ("Total", "29.00 EUR"))), "Shop")
    assert text == "2 × Mug  29.00 EUR\nTotal    29.00 EUR\n\n-- \nShop\n"
