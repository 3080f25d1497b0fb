"""Messages that are not authentic, or not sent as they must be: one answer, nothing kept but a count."""

import asyncio
import gzip
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest

from backend import clock
from backend.api import webhooks
from tests.api import senders
from tests.api.client import Client, in_pieces
from tests.conftest import Database

Message = dict[str, Any]
COUNTERS = "select provider, reason, count from inbox_counters order by provider, reason"


def nothing_happened(database: Database) -> bool:
    return database.execute("select (select count(*) from inbox), (select count(*) from orders)") == [(0, 0)]


def with_header(name: str, value: str | bytes) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        message["headers"][name] = value

    return change


def without(name: str) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        del message["headers"][name]

    return change


def twice(name: str) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        headers = list(message["headers"].items())
        message["headers"] = [*headers, (name, message["headers"][name])]

    return change


def body(change: Callable[[bytes], bytes]) -> Callable[[Message], None]:
    def apply(message: Message) -> None:
        message["content"] = change(message["content"])

    return apply


SIGNATURE, SHOP_SIGNATURE, STRIPE_SIGNATURE = "X-Holdfast-Signature", "X-Shopify-Hmac-SHA256", "Stripe-Signature"
HEX = "0" * 64

FORGED: dict[str, tuple[str, Callable[[Message], None]]] = {
    "no signature": ("generic", without(SIGNATURE)),
    "no signature from the shop": ("shopify", without(SHOP_SIGNATURE)),
    "no signature from Stripe": ("stripe", without(STRIPE_SIGNATURE)),
    "an empty signature": ("generic", with_header(SIGNATURE, "")),
    "an empty signature from the shop": ("shopify", with_header(SHOP_SIGNATURE, "")),
    "two signature headers": ("generic", twice(SIGNATURE)),
    "two signature headers from the shop": ("shopify", twice(SHOP_SIGNATURE)),
    "a scheme nobody uses": ("generic", with_header(SIGNATURE, f"t={int(time.time())},v0={HEX}")),
    "a signature that is not hex": ("generic", with_header(SIGNATURE, f"t={int(time.time())},v1={'z' * 64}")),
    "a signature that is not base64": ("shopify", with_header(SHOP_SIGNATURE, "****")),
    "a signature outside ASCII": ("generic", with_header(SIGNATURE, "t=1,v1=é".encode())),
    "a signature outside ASCII from the shop": ("shopify", with_header(SHOP_SIGNATURE, "é".encode())),
    "a signature of endless length": ("generic", with_header(SIGNATURE, "v1=" + "0" * 5000)),
    "another signature": ("generic", with_header(SIGNATURE, f"t={int(time.time())},v1={HEX}")),
    "the body written anew": ("generic", body(lambda raw: json.dumps(json.loads(raw), indent=1).encode())),
    "the shop's body in another order": (
        "shopify",
        body(lambda raw: json.dumps(dict(reversed(json.loads(raw).items()))).encode()),
    ),
    "one byte more": ("generic", body(lambda raw: raw + b" ")),
    "the end cut off": ("shopify", body(lambda raw: raw[:-20])),
    "another amount": ("stripe", body(lambda raw: raw.replace(b"10470", b"10471"))),
}
FOREIGN: dict[str, Message] = {
    "the other channel's secret": senders.generic(senders.order(), secret=senders.SHOPIFY_SECRET),
    "a secret of test mode": senders.stripe(senders.captured(), secret="whsec_test"),
    "an empty secret": senders.generic(senders.order(), secret=""),
    **{
        f"a time that is {moment!r}": senders.generic(senders.order(), at=moment)
        for moment in ("", "NaN", "-1", "1" + "0" * 20, "+1", f" {int(time.time())}", f"+{int(time.time())}", "0x10")
    },
}


@pytest.mark.parametrize("kind", ["generic", "shopify", "stripe"])
def test_a_forged_message_gets_one_answer_and_leaves_nothing_but_a_count(
    client: Client, database: Database, kind: str
) -> None:
    payloads = {"generic": senders.order, "shopify": senders.shopify_order, "stripe": senders.captured}
    forgeries = [change for whose, change in FORGED.values() if whose == kind]
    answers = []

    for change in forgeries:
        message = getattr(senders, kind)(payloads[kind]())
        change(message)
        answers.append(client.post(**message))

    assert [answer.status_code for answer in answers] == [401] * len(forgeries)
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["detail"] == "The message is not authentic."
    assert nothing_happened(database)
    assert database.execute(COUNTERS) == [(kind, "signature", len(forgeries))]


def test_the_log_says_once_what_was_wrong_and_who_sent_it(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    message = senders.generic(senders.order(), secret="wrong-secret")

    client.post(**message)

    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("backend.")]
    assert line == "message to generic from 203.0.113.9 refused: no signature in x-holdfast-signature fits the body"


def test_a_message_signed_by_somebody_else_or_at_no_time_is_refused(client: Client, database: Database) -> None:
    answers = {name: client.post(**message).status_code for name, message in FOREIGN.items()}

    assert answers == dict.fromkeys(FOREIGN, 401)
    assert nothing_happened(database)


def test_a_message_of_five_minutes_ago_or_hence_is_refused(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "wall_seconds", lambda: 1_770_000_000.0)
    late = [1_770_000_000 - 301, 1_770_000_000 + 301]

    answers = [client.post(**senders.generic(senders.order(), at=moment)) for moment in late]
    answers += [client.post(**senders.stripe(senders.captured(), at=moment)) for moment in late]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert nothing_happened(database)


def test_where_a_request_says_it_comes_from_changes_nothing(client: Client, database: Database) -> None:
    spoofed = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1", "Host": "localhost"}
    message = senders.generic(senders.order(), secret="wrong-secret")
    message["headers"] |= spoofed

    assert client.post(**message).status_code == 401
    assert client.get("/metrics", headers=spoofed).status_code == 401


def test_a_body_over_the_limit_is_refused_declared_or_not(client: Client, database: Database) -> None:
    headers = senders.generic(b"{}")["headers"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    declared = client.post(senders.GENERIC, content=b"x" * (256 * 1024 + 1), headers=headers)
    undeclared = client.post(senders.GENERIC, content=in_pieces(64 * 1024, 1000), headers=headers)
    lying = client.post(senders.GENERIC, content=in_pieces(64 * 1024, 1000), headers=headers | {"Content-Length": "2"})

    assert [answer.status_code for answer in (declared, undeclared, lying)] == [413, 413, 413]
    assert declared.json()["code"] == "too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024
    assert nothing_happened(database)
    assert database.execute(COUNTERS) == [("generic", "too large", 3)]


def test_a_body_at_the_limit_is_taken(client: Client, database: Database) -> None:
    order = senders.order(note="")
    room = 256 * 1024 - len(json.dumps(order))

    answer = client.post(**senders.generic(order | {"padding": "x" * (room - len(', "padding": ""'))}))

    assert (answer.status_code, answer.json()["verdict"]) == (200, "accepted")


def test_only_plain_json_is_taken(client: Client, database: Database) -> None:
    message = senders.generic(senders.order())
    kinds = ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "multipart/form-data"]
    packed = gzip.compress(b"0" * 10_000_000)

    answers = [client.post(**message | {"headers": message["headers"] | {"Content-Type": kind}}) for kind in kinds]
    bomb = message | {"content": packed, "headers": message["headers"] | {"Content-Encoding": "gzip"}}
    answers.append(client.post(**bomb))

    assert [answer.status_code for answer in answers] == [415] * 6
    assert answers[0].headers["accept"] == "application/json"
    assert nothing_happened(database)


def test_only_posts_to_known_addresses_are_taken(client: Client, database: Database) -> None:
    methods = ["GET", "PUT", "PATCH", "DELETE", "TRACE", "HEAD", "OPTIONS"]
    message = senders.generic(senders.order())
    unknown = ["/webhooks/channels/amazon", "/webhooks/payments/shopify", "/webhooks/shipping/generic"]
    unknown += ["/webhooks/channels", "/webhooks/channels/generic/", "/webhooks/else/generic", "/webhooks/channels/%00"]

    wrong = [client.request(method, senders.GENERIC) for method in methods]
    lost = [client.post(**message | {"url": url}) for url in unknown]

    assert [answer.status_code for answer in wrong] == [405] * len(methods)
    assert {answer.headers["allow"] for answer in wrong} == {"POST"}
    assert [answer.status_code for answer in lost] == [404] * len(unknown)
    assert {answer.headers["content-type"] for answer in lost} == {"application/problem+json"}
    assert nothing_happened(database)


UNREADABLE = {
    "invalid UTF-8": (b'{"a": "\xff"}', "The body is not valid UTF-8 (byte 7)."),
    "NUL": (b'{"a": "\x00"}', "The body contains a NUL character, which JSON does not allow."),
    "a byte order mark": (b"\xef\xbb\xbf{}", "The body starts with a byte order mark. Send plain UTF-8 without one."),
    "a key twice": (b'{"a": 1, "a": 2}', "The key 'a' appears more than once in the same object."),
    "ten thousand levels": (b"[" * 10_000 + b"]" * 10_000, "The body is nested more than 64 levels deep."),
    "1e400": (b'{"a": 1e400}', "The body contains a number with an exponent beyond 300."),
    "NaN": (b'{"a": NaN}', "The body contains NaN, which is not a JSON number."),
    "a number of 200,000 digits": (
        b'{"a": ' + b"9" * 200_000 + b"}",
        "The body contains a number of more than 40 digits.",
    ),
    "an escaped NUL": (
        b'{"a": "\\u0000"}',
        "The body contains an escaped character that is no text (NUL or half of a pair).",
    ),
    "nothing": (b"", "The body is empty; a JSON text was expected."),
    "a form": (b"id=1&total=2", "The body is not JSON: Expecting value at line 1, column 1."),
    "a torso": (b'{"a": [1, 2', "The body is not JSON: Expecting ',' delimiter at line 1, column 12."),
}


@pytest.mark.parametrize("kind", ["generic", "shopify", "stripe"])
def test_what_is_no_acceptable_json_is_refused_and_kept_for_a_person(
    client: Client, database: Database, kind: str
) -> None:
    sign = getattr(senders, kind)
    for content, sentence in UNREADABLE.values():
        began = time.process_time()

        answer = client.post(**sign(content))

        assert time.process_time() - began < 5  # what is read only once, by whichever test comes first, included
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
        assert answer.json()["errors"] == [{"sentence": sentence}]
    kept = database.execute("select verdict, problems from inbox order by received_at")
    assert kept == [("quarantined", [sentence]) for _, sentence in UNREADABLE.values()]


def test_an_unreadable_message_sent_again_is_refused_again_and_kept_once(client: Client, database: Database) -> None:
    message = senders.generic(b'{"a": NaN}')

    answers = [client.post(**message) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert database.execute("select verdict, duplicates from inbox") == [("quarantined", 1)]


def test_an_unreadable_message_that_is_not_authentic_is_not_kept(client: Client, database: Database) -> None:
    answer = client.post(**senders.generic(b'{"a": NaN}', secret="wrong-secret"))

    assert answer.status_code == 401
    assert nothing_happened(database)


def test_a_body_that_never_ends_is_given_up(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dripping() -> Any:
        yield b"{"
        await asyncio.Event().wait()

    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.05)
    headers = senders.generic(b"{}")["headers"]

    answer = client.post(senders.GENERIC, content=dripping(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (408, "too_slow")
    assert nothing_happened(database)
