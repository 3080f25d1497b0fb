"""What may be typed to find orders: read exactly, said back canonically, and refused with a sentence otherwise."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.domain.errors import InvalidInput
from backend.domain.search import MOST_PARTS, OPERATORS, Query, Term, parse
from backend.domain.search_values import Amounts, Days, read_amounts, read_days

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
words = texts.map(lambda text: " ".join(text.split())).filter(bool)
amounts = st.decimals(min_value=0, max_value=10**9, places=2).map(lambda amount: f"{amount.normalize():f}")
days = st.dates(date(1970, 1, 1), date(2199, 12, 31)).map(lambda day: day.isoformat())


@st.composite
def ranges(draw: st.DrawFn, ends: st.SearchStrategy[str]) -> str:
    one = draw(ends)
    return draw(st.sampled_from([one, f">{one}", f">={one}", f"<{one}", f"<={one}", f"{one}..", f"..{one}"]))


@st.composite
def terms(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(OPERATORS)))
    operator = OPERATORS[name]
    if operator.codes:
        value = ",".join(draw(st.lists(st.sampled_from(operator.codes), min_size=1, max_size=3)))
    elif name == "amount":
        value = draw(ranges(amounts)) + draw(st.sampled_from(["", "EUR", "usd"]))
    elif name in ("created", "delivered"):
        value = draw(ranges(days) | st.sampled_from(["today", "yesterday", "7d", "2026", "2026-05..2026-06"]))
    elif name == "channel":
        value = draw(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True))
    elif name == "cluster":
        value = draw(st.from_regex(r"[a-z][a-z_]{0,20}\.[0-9a-f]{10}", fullmatch=True))
    elif name == "currency":
        value = draw(st.sampled_from(["EUR", "jpy", "EUR,CHF"]))
    else:
        value = str(Term(name, draw(words))).partition(":")[2]
    return f"{draw(st.sampled_from(['', '-']))}{name}:{value}"


def quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(terms() | words.map(quoted), max_size=6))
def test_what_is_read_and_said_back_reads_the_same_again(pieces: list[str]) -> None:
    assume(len("  ".join(pieces)) <= 400)
    query = parse("  ".join(pieces))

    assert parse(str(query)) == query
    assert str(parse(str(query))) == str(query)


def read(text: str) -> Query | list[str]:
    """The search, or the sentences on why it is none."""
    try:
        return parse(text)
    except InvalidInput as error:
        return error.problems


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    found = read(text)

    if isinstance(found, Query):
        assert parse(str(found)) == found
    else:
        assert found
        assert all(problem.strip() for problem in found)


@given(st.text(max_size=30))
def test_quotes_make_words_of_anything(text: str) -> None:
    plain = " ".join(text.split())
    if plain and all(ord(letter) >= 32 and not "\ud800" <= letter <= "\udfff" for letter in plain):
        assert parse(quoted(plain)).words == (plain,)


def test_words_and_operators_stand_in_one_box() -> None:
    query = parse('status:held -channel:pos  name:"greta  lin" 00042 status:held')

    assert query.parts == (
        Term("status", ("held",)),
        Term("channel", ("pos",), negated=True),
        Term("name", "greta lin"),
        "00042",
    )
    assert str(query) == 'status:held -channel:pos name:"greta lin" 00042'


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("STATUS:Held,Pending", "status:held,pending"),
        ("shipping:in-transit", "shipping:in_transit"),
        ("placed:2026-05", "created:2026-05"),
        ("amount:100.50..200", "amount:100.5..200"),
        ("amount:..5eur", "amount:<=5EUR"),
        ("amount:=19.90", "amount:19.9"),
        ("created:2026-05..", "created:>=2026-05"),
        ("tag:VIP", "tag:vip"),
        ('"status:held"', '"status:held"'),
        ('"-x"', '"-x"'),
        ('a"b', '"a\\"b"'),
        ("", ""),
    ],
)
def test_one_thing_is_said_in_one_way(typed: str, canonical: str) -> None:
    assert str(parse(typed)) == canonical


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("status:helt", "In “status:helt”: “helt” is not one of them. Allowed: held, pending, confirmed, processing,"
         " shipped, delivered, cancelled, refunded."),
        ("amount:abc", "In “amount:abc”: “abc” is not an amount. Write amount:>100, amount:50..200 or amount:19.99, and"
         " with a currency amount:>100EUR."),
        ("amount:>10.005EUR", "In “amount:>10.005EUR”: The amount 10.005 has more decimals than EUR has (2)."),
        ("amount:5XYZ", "In “amount:5XYZ”: The currency 'XYZ' is unknown. Use an ISO 4217 code in upper case, such as EUR."),
        ("amount:200..50", "In “amount:200..50”: The range ends before it begins: write the smaller amount first."),
        ("created:2026-02-30", "In “created:2026-02-30”: There is no day “2026-02-30” in the calendar."),
        ("created:2026-06..2026-05", "In “created:2026-06..2026-05”: The range ends before it begins: write the earlier day"
         " first."),
        ("status:", "“status:” needs a value, as in status:held."),
        ("-lindenau", "“-lindenau”: only operators can be left out, as in -channel:generic. To search for it, put it in quotes."),
        ("\x00", "The search contains characters that are not text."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_what_is_allowed(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(typed)

    assert refused.value.problems == [sentence]


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse('colour:red status:x "open')

    assert [problem.split()[0] for problem in refused.value.problems] == ["“colour:”", "In", "The"]
    assert refused.value.problems[0].startswith("“colour:” is not an operator; there are status:, payment:,")


def test_a_long_list_of_codes_is_not_recited() -> None:
    with pytest.raises(InvalidInput, match="Allowed are address_missing, address_invalid, address_malformed"):
        parse("cause:addres")


def test_a_search_has_an_end() -> None:
    with pytest.raises(InvalidInput, match="401 letters long; at most 400"):
        parse("x" * 401)
    with pytest.raises(InvalidInput, match=f"at most {MOST_PARTS} are read"):
        parse(" ".join(str(n) for n in range(MOST_PARTS + 1)))


@pytest.mark.parametrize(
    ("text", "currency", "bounds"),
    [
        (">100", "EUR", (10001, None)),
        (">100", "JPY", (101, None)),
        (">100", "KWD", (100001, None)),
        (">=100.05", "EUR", (10005, None)),
        ("<100", "EUR", (None, 9999)),
        ("<=99.99", "JPY", (None, 99)),
        ("<99.99", "JPY", (None, 99)),
        (">10.005", "EUR", (1001, None)),
        (">=10.005", "EUR", (1001, None)),
        ("<10.005", "EUR", (None, 1000)),
        ("19.99", "EUR", (1999, 1999)),
        ("19.99", "JPY", (20, 19)),
        ("50..200", "EUR", (5000, 20000)),
    ],
)
def test_an_amount_is_compared_exactly_in_each_currency(
    text: str, currency: str, bounds: tuple[int | None, int | None]
) -> None:
    assert read_amounts(text).minor_bounds(currency) == bounds


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]), st.integers(0, 10**12))
def test_a_bound_lets_pass_what_the_exact_amount_lets_pass(amount: str, currency: str, minor: int) -> None:
    scale = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    exact = Decimal(minor).scaleb(-scale)
    for sign, fits in (
        (">", exact > Decimal(amount)),
        (">=", exact >= Decimal(amount)),
        ("<", exact < Decimal(amount)),
        ("<=", exact <= Decimal(amount)),
    ):
        low, high = read_amounts(sign + amount).minor_bounds(currency)
        assert ((low is None or minor >= low) and (high is None or minor <= high)) is fits


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-05", date(2026, 5, 1), date(2026, 5, 31)),
        ("2026-02..2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        (">2026-05", date(2026, 6, 1), None),
        (">=2026-05", date(2026, 5, 1), None),
        ("<2026-05", None, date(2026, 4, 30)),
        ("<=2026-05", None, date(2026, 5, 31)),
        ("today", date(2026, 3, 1), date(2026, 3, 1)),
        ("yesterday", date(2026, 2, 28), date(2026, 2, 28)),
        ("7d", date(2026, 2, 23), date(2026, 3, 1)),
        ("2026-02-10..today", date(2026, 2, 10), date(2026, 3, 1)),
    ],
)
def test_days_are_whole(text: str, first: date | None, last: date | None) -> None:
    assert read_days(text).between(date(2026, 3, 1)) == (first, last)


def test_a_filter_writes_its_part_and_leaves_the_rest() -> None:
    query = parse("lindenau status:held -status:refunded amount:>100")

    assert str(query.replaced("status", "pending")) == "lindenau -status:refunded amount:>100 status:pending"
    assert str(query.replaced("status", "")) == "lindenau -status:refunded amount:>100"
    assert query.value_of("status") == "held"
    assert query.value_of("amount") == ">100"
    assert str(query.without(Term("amount", Amounts(low=Decimal(100), low_counts=False)))) == (
        "lindenau status:held -status:refunded"
    )
    assert not Query()
    assert query


def test_a_range_without_ends_is_none() -> None:
    with pytest.raises(InvalidInput, match="A range needs at least one end"):
        parse("created:..")
    assert Days("2026-05", None) == read_days("2026-05..")


@pytest.mark.parametrize(
    ("q", "personal", "dated"),
    [
        ("greta status:held is:overdue", False, False),
        ("is:mine", True, False),
        ("-is:mine,test", True, False),
        ("created:today", False, True),
        ("delivered:2026-01", False, True),
        ("is:back", False, True),
        ("is:stopped", False, True),
        ("-is:cleared is:mine", True, True),
    ],
)
def test_a_search_says_for_whom_it_means_the_same(q: str, personal: bool, dated: bool) -> None:
    query = parse(q)

    assert (query.personal, query.dated) == (personal, dated)
