"""Personal data at rest: sealed to its place, searchable by token only, and never in plain text anywhere."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from sqlmodel import Session, select, text

from backend.domain.errors import ConfigurationError
from backend.integrations.generic.channel import GenericChannel
from backend.ports.calls import InboundMessage
from backend.ports.registry import Adapters
from backend.services import inbox
from backend.services.inbox import InboundArea, Verdict
from backend.services.run import in_unit_of_work
from backend.store.ids import new_id
from backend.store.personal import Keyring, PersonalDataUnreadable, Sealed, keyring, normalise_phone
from backend.store.tables import Address, Customer
from tests.conftest import Database
from tests.factories import created

OLD, NEW, INDEX = b"o" * 32, b"n" * 32, b"i" * 32
ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
KEYS = Keyring({"old": OLD}, INDEX)


@given(st.text())
def test_what_is_sealed_opens_at_its_place(words: str) -> None:
    assert KEYS.open("customers", "name", ROW, KEYS.seal("customers", "name", ROW, words)) == words


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [("addresses", "name", ROW), ("customers", "email", ROW), ("customers", "name", OTHER_ROW)],
)
def test_a_ciphertext_moved_to_another_table_column_or_row_does_not_open(table: str, column: str, row: UUID) -> None:
    sealed = KEYS.seal("customers", "name", ROW, "Greta")
    with pytest.raises(PersonalDataUnreadable, match="does not belong to this row"):
        KEYS.open(table, column, row, sealed)


def test_a_ciphertext_altered_anywhere_does_not_open() -> None:
    sealed = KEYS.seal("customers", "name", ROW, "Greta")
    for place in range(len(sealed.blob)):
        altered = bytearray(sealed.blob)
        altered[place] ^= 1
        with pytest.raises(PersonalDataUnreadable):
            KEYS.open("customers", "name", ROW, Sealed(bytes(altered)))


def test_a_ciphertext_cut_short_does_not_open() -> None:
    sealed = KEYS.seal("customers", "name", ROW, "Greta")
    for length in range(len(sealed.blob)):
        with pytest.raises(PersonalDataUnreadable):
            KEYS.open("customers", "name", ROW, Sealed(sealed.blob[:length]))


def test_equal_texts_never_look_alike() -> None:
    assert len({KEYS.seal("customers", "name", ROW, "Greta").blob for _ in range(50)}) == 50


def test_a_key_that_is_not_ours_is_named_as_the_cause() -> None:
    foreign = Keyring({"foreign": NEW}, INDEX).seal("customers", "name", ROW, "Greta")
    with pytest.raises(
        PersonalDataUnreadable, match=r"customers\.name: sealed with a key this installation does not have"
    ):
        KEYS.open("customers", "name", ROW, foreign)


def test_during_a_rotation_the_newest_key_seals_and_the_old_one_still_opens() -> None:
    rotated = Keyring({"new": NEW, "old": OLD}, INDEX)
    before = KEYS.seal("customers", "name", ROW, "Greta")
    after = rotated.seal("customers", "name", ROW, "Greta")
    assert rotated.open("customers", "name", ROW, before) == rotated.open("customers", "name", ROW, after) == "Greta"
    assert after.blob[2:5] == b"new"
    with pytest.raises(PersonalDataUnreadable):
        KEYS.open("customers", "name", ROW, after)


def test_keys_are_read_from_settings_newest_first() -> None:
    def b64(key: bytes) -> str:
        return base64.b64encode(key).decode()

    parsed = Keyring.parse(f"new:{b64(NEW)}, old:{b64(OLD)}", b64(INDEX))
    assert parsed.seal("t", "c", ROW, "x").blob[2:5] == b"new"
    assert parsed.open("t", "c", ROW, KEYS.seal("t", "c", ROW, "x")) == "x"


@pytest.mark.parametrize(
    ("encryption", "index"),
    [
        ("", base64.b64encode(INDEX).decode()),
        ("k:short", base64.b64encode(INDEX).decode()),
        (f"k:{base64.b64encode(b'x' * 16).decode()}", base64.b64encode(INDEX).decode()),
        (base64.b64encode(OLD).decode(), base64.b64encode(INDEX).decode()),
        (f"k:{base64.b64encode(OLD).decode()}", ""),
        (f"k:{base64.b64encode(OLD).decode()}", "???"),
    ],
)
def test_wrong_keys_stop_the_start_with_a_sentence(encryption: str, index: str) -> None:
    with pytest.raises(ConfigurationError, match="32 bytes"):
        Keyring.parse(encryption, index)


def test_a_sealed_value_does_not_show_itself() -> None:
    assert repr(KEYS.seal("customers", "name", ROW, "Greta")) == "Sealed(…)"


def test_tokens_are_equal_for_equal_texts_of_one_kind_and_key_only() -> None:
    other = Keyring({"old": OLD}, b"j" * 32)
    assert KEYS.token("email", "a@b.c") == KEYS.token("email", "a@b.c")
    assert KEYS.token("email", "a@b.c") != KEYS.token("phone", "a@b.c")
    assert KEYS.token("email", "a@b.c") != other.token("email", "a@b.c")
    assert 0 <= KEYS.token("email", "a@b.c") < 2**63


@pytest.mark.parametrize(
    "email", ["Greta@Example.ORG", "  greta@example.org ", "GRETA@EXAMPLE.ORG", "ｇreta@example.org"]
)
def test_one_address_in_many_spellings_has_one_token(email: str) -> None:
    assert KEYS.email_token(email) == KEYS.email_token("greta@example.org")


@pytest.mark.parametrize(
    ("phone", "country"),
    [("+49 30 5550177", ""), ("030 5550177", "DE"), ("(030) 555-0177", "de"), ("0049 30 5550177", "DE")],
)
def test_one_number_in_many_spellings_has_one_token(phone: str, country: str) -> None:
    assert KEYS.phone_token(phone, country) == KEYS.phone_token("+49305550177")


def test_a_number_nobody_understands_goes_by_its_digits() -> None:
    assert normalise_phone("ext. 12-34") == "1234"
    assert KEYS.phone_token("ext. 12-34") == KEYS.phone_token("1234")


@pytest.mark.parametrize("nothing", ["", "   "])
def test_what_is_not_there_has_no_token(nothing: str) -> None:
    assert KEYS.email_token(nothing) is None
    assert KEYS.phone_token(nothing) is None
    assert KEYS.name_tokens(nothing) == []


@pytest.mark.parametrize(
    "typed", ["gre", "Greta", "lind", "LINDENAU", "greta l", "linde greta", "Lindenau-Ström", "strom"]
)
def test_the_beginning_of_any_word_of_a_name_finds_it(typed: str) -> None:
    tokens = KEYS.name_tokens("Greta Lindenau-Ström")
    wanted = KEYS.name_query_tokens(typed)
    assert wanted == [] if len(typed) < 2 else set(wanted) <= set(tokens)
    assert wanted


@pytest.mark.parametrize("typed", ["reta", "grets", "greta x y z", "anna", "indenau"])
def test_other_letters_do_not(typed: str) -> None:
    tokens = set(KEYS.name_tokens("Greta Lindenau"))
    wanted = KEYS.name_query_tokens(typed)
    assert not wanted or typed == "greta x y z" or not set(wanted) <= tokens


def test_plain_text_is_refused_by_the_column_itself(database: Database) -> None:
    row_id = new_id()

    def write_plainly(session: Session) -> None:
        session.execute(
            Customer.__table__.insert().values(  # type: ignore[attr-defined]
                id=row_id, channel="c", external_id="e", name="Greta", name_tokens=[],
                created_at=text("now()"), updated_at=text("now()"),
            )
        )  # fmt: skip

    with pytest.raises(Exception, match="personal data must be sealed before it is stored"):
        in_unit_of_work(write_plainly)
    assert database.execute("select count(*) from customers") == [(0,)]


def test_only_columns_for_personal_data_take_it() -> None:
    with pytest.raises(AttributeError, match=r"customers\.channel is not a personal data column"):
        Customer(channel="c", external_id="e").write(channel="Greta")


def test_ciphertexts_swapped_between_rows_by_hand_in_the_database_do_not_open(database: Database) -> None:
    one, two = created(), created()
    database.execute(
        "update addresses a set name = b.name from addresses b "
        "where a.order_id = %s and b.order_id = %s and a.kind = b.kind",
        (one.id, two.id),
    )

    def read(session: Session, order_id: int) -> str:
        return session.exec(select(Address).where(Address.order_id == order_id)).first().read("name")  # type: ignore[union-attr]

    assert in_unit_of_work(read, two.id) == "Greta Lindenau"
    with pytest.raises(PersonalDataUnreadable):
        in_unit_of_work(read, one.id)


CANARIES = {
    "name": "Zaphodia Canarienvogel",
    "company": "Canaryworks GmbH",
    "email": "zaphodia.canary@example.org",
    "phone": "+49 30 5550199",
    "line1": "Kanarienweg 4711",
    "line2": "Hinterhaus Canaria",
}


def _signed(body: bytes, secret: str) -> InboundMessage:
    now = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "x-holdfast-event-id": "event-77",
        "x-holdfast-signature": f"t={now},v1={digest}",
        "content-type": "application/json",
        "authorization": "Bearer canary-header-secret",
    }
    return InboundMessage(headers, body, time.time())


def _canary_order() -> dict[str, Any]:
    where = {key: CANARIES[key] for key in ("name", "company", "line1", "line2", "phone", "email")} | {
        "city": "Berlin",
        "postal_code": "10119",
        "country": "DE",
    }
    return {
        "schema_version": 1,
        "order_id": "shop-77",
        "order_number": "#1",
        "placed_at": "2026-01-31T09:30:00Z",
        "currency": "EUR",
        "payment": {"mode": "authorized", "reference": "pi_77"},
        "customer": {"id": "c1", "name": CANARIES["name"], "email": CANARIES["email"], "phone": CANARIES["phone"]},
        "billing_address": where,
        "shipping_address": where,
        "items": [{"sku": "MUG", "name": "Mug", "quantity": 1, "unit_price_minor": 1450}],
        "subtotal_minor": 1450,
        "shipping_minor": 0,
        "tax_minor": 0,
        "total_minor": 1450,
    }


def _everything(database: Database) -> dict[str, str]:
    """The whole text of every table, bytes as hex."""
    tables = database.execute(
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    found = {}
    for (table,) in tables:
        query = sql.SQL("select t::text from {} as t").format(sql.Identifier(table))
        found[table] = "\n".join(row[0] for row in database.execute(query))  # type: ignore[arg-type]
    return found


def test_no_personal_data_of_an_order_lies_readable_anywhere_in_the_database(database: Database) -> None:
    secret = secrets.token_hex(24)
    adapters = Adapters(channels={"generic": GenericChannel(secrets=[secret])})
    message = _signed(json.dumps(_canary_order(), ensure_ascii=False).encode(), secret)

    receipt = inbox.receive(InboundArea.CHANNELS, "generic", message, adapters)

    assert (receipt.verdict, receipt.problems) == (Verdict.ACCEPTED, ())
    tables = _everything(database)
    assert {"customers", "addresses", "orders", "inbox", "timeline", "steps"} <= set(tables)
    needles = [
        word for value in CANARIES.values() for word in (value, value.replace(" ", ""), value.upper(), value.lower())
    ]
    needles += [word for value in CANARIES.values() for word in value.split() if len(word) > 4]
    needles += ["anari", "anary", "5550199", "canary-header-secret", secret]
    assert "Berlin" in tables["addresses"]  # the search does find what lies open on purpose
    for table, everything in tables.items():
        for needle in needles:
            assert needle not in everything, f"{needle!r} can be read in {table}"
            assert needle.encode().hex() not in everything, f"{needle!r} can be read in the bytes of {table}"


def test_what_was_sealed_reads_back_for_those_with_the_key(database: Database) -> None:
    order = created()

    def read(session: Session) -> list[str]:
        customer = session.exec(select(Customer)).one()
        address = session.exec(select(Address).where(Address.order_id == order.id, Address.kind == "shipping")).one()
        return [customer.read("name"), customer.read("email"), address.read("line1"), address.read("company")]

    assert in_unit_of_work(read) == ["Greta Lindenau", "greta.lindenau@example.org", "Torstraße 140", ""]
    tokens = database.execute("select email_token, phone_token from customers")
    assert tokens == [(keyring().email_token("GRETA.lindenau@example.org"), keyring().phone_token("+49305550177"))]
