"""The one way out: how each outcome is classified, that deadlines hold, and that nothing is followed or swallowed."""

import socket
import ssl
import struct
import threading
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from backend import clock
from backend.domain.errors import ConfigurationError
from backend.domain.holds import HoldKind
from backend.integrations.http import ProviderClient, before_the_write, retry_after, segment
from backend.ports.calls import Call, Deferred, NotSent, OutcomeUnknown, ProviderError, Rejected
from tests.integrations.conftest import Serve
from tests.integrations.raw_server import raw_server, read_request
from tests.integrations.server import Reply


def client(base: str, **options: object) -> ProviderClient:
    return ProviderClient("acme", base, headers={"Authorization": "Bearer sk_canary_secret"}, **options)  # type: ignore[arg-type]


def call_of(seconds: float) -> Call:
    return Call(key="k", deadline=clock.monotonic() + seconds)


def outcome(base: str, call: Call, **options: object) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        client(base, **options).request(call, "POST", "/v1/things", json={"a": 1})
    return caught.value


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(408), Deferred),
        (Reply(425), Deferred),
        (Reply(429), Deferred),
        (Reply(503, headers={"Retry-After": "7"}), Deferred),
        (Reply(503), OutcomeUnknown),
        (Reply(500), OutcomeUnknown),
        (Reply(501), OutcomeUnknown),
        (Reply(502), OutcomeUnknown),
        (Reply(504), OutcomeUnknown),
        (Reply(301, headers={"Location": "/elsewhere"}), OutcomeUnknown),
        (Reply(304), OutcomeUnknown),
        (Reply(200, b"<html>busy</html>", media_type="text/html"), OutcomeUnknown),
        (Reply(200, b'{"cut": '), OutcomeUnknown),
        (Reply(200, b'{"a": 1, "a": 2}'), OutcomeUnknown),
        (Reply(200, b""), OutcomeUnknown),
        (Reply(202, b""), OutcomeUnknown),
        (Reply(204, b""), OutcomeUnknown),
        (Reply(520), OutcomeUnknown),
        (Reply(302, headers={"Location": "http://169.254.169.254/latest"}), OutcomeUnknown),
        (Reply(200, b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), OutcomeUnknown),
        (Reply(400), Rejected),
        (Reply(402), Rejected),
        (Reply(404), Rejected),
        (Reply(409), Rejected),
        (Reply(422), Rejected),
        (Reply(401), Rejected),
        (Reply(403), Rejected),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Reply) else value.__name__,
)
def test_an_answer_is_classified_by_its_status(serve: Serve, reply: Reply, expected: type[ProviderError]) -> None:
    server = serve(reply)
    call = call_of(5)

    error = outcome(server.base, call)

    assert type(error) is expected
    assert error.status == reply.status
    assert len(server.asked) == 1
    assert [exchange.status for exchange in call.exchanges] == [reply.status]


@pytest.mark.parametrize("status", [200, 201, 203])
def test_a_readable_answer_of_2xx_is_returned(serve: Serve, status: int) -> None:
    server = serve(Reply(status, {"id": 9007199254740993}))

    answer = client(server.base).request(call_of(5), "GET", "/v1/things", params=[("q", "a b&c")])

    assert (answer.status, answer.json) == (status, {"id": 9007199254740993})
    assert server.asked[0].query == {"q": "a b&c"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_a_matter_of_credentials(serve: Serve, status: int) -> None:
    error = outcome(serve(Reply(status)).base, call_of(5))

    assert isinstance(error, Rejected)
    assert error.category is HoldKind.PROVIDER_CREDENTIALS


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("busy"), NotSent),
        (httpx.UnsupportedProtocol("ftp"), NotSent),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.WriteTimeout("slow"), OutcomeUnknown),
        (httpx.ReadError("reset"), OutcomeUnknown),
        (httpx.WriteError("reset"), OutcomeUnknown),
        (httpx.CloseError("reset"), OutcomeUnknown),
        (httpx.RemoteProtocolError("cut"), OutcomeUnknown),
        (httpx.LocalProtocolError("odd"), OutcomeUnknown),
        (httpx.ProxyError("odd"), OutcomeUnknown),
        (httpx.DecodingError("odd"), OutcomeUnknown),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_failure_of_the_transport_is_classified_by_its_kind(
    failure: Exception, expected: type[ProviderError]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure

    call = call_of(5)

    error = outcome("https://api.example.com", call, transport=httpx.MockTransport(fail))

    assert type(error) is expected
    assert call.exchanges[0].status is None
    assert call.exchanges[0].response == error.sentence


def test_a_refused_connection_was_never_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert type(outcome(f"http://127.0.0.1:{port}", call_of(5))) is NotSent


def test_a_host_without_an_address_was_never_sent() -> None:
    assert type(outcome("http://no-such-host.invalid", call_of(5))) is NotSent


def test_a_certificate_that_is_not_trusted_was_never_sent() -> None:
    received = []

    def plain(connection: socket.socket, over: threading.Event) -> None:
        received.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with raw_server(plain) as base:
        error = outcome(base.replace("http:", "https:"), call_of(5))

    assert type(error) is NotSent
    assert not any(b"POST" in chunk for chunk in received)


def test_a_connection_cut_after_sending_leaves_the_outcome_unknown() -> None:
    def cut(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)

    with raw_server(cut) as base:
        assert type(outcome(base, call_of(5))) is OutcomeUnknown


def test_a_connection_reset_after_sending_leaves_the_outcome_unknown() -> None:
    def reset(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw_server(reset) as base:
        assert type(outcome(base, call_of(5))) is OutcomeUnknown


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000],
    ids=["only to be continued", "another language", "a header without end"],
)
def test_an_answer_that_is_none_leaves_the_outcome_unknown(said: bytes) -> None:
    def say(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(said)

    with raw_server(say) as base:
        assert type(outcome(base, call_of(5))) is OutcomeUnknown


@pytest.mark.parametrize("status", [408, 425, 429, 503])
@pytest.mark.parametrize(("seconds", "waits"), [(90, 90.0), (10**8, 3600.0), (-50, 1.0)])
def test_when_to_come_again_may_be_a_date_and_is_bounded(serve: Serve, status: int, seconds: int, waits: float) -> None:
    moment = format_datetime(clock.now() + timedelta(seconds=seconds), usegmt=True)

    error = outcome(serve(Reply(status, headers={"Retry-After": moment})).base, call_of(5))

    assert isinstance(error, Deferred)
    assert waits - 10 <= error.retry_after <= waits


def test_an_answer_cut_in_its_body_leaves_the_outcome_unknown() -> None:
    def cut(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}")

    with raw_server(cut) as base:
        assert type(outcome(base, call_of(5))) is OutcomeUnknown


@pytest.mark.parametrize("where", ["headers", "body", "nowhere"])
def test_a_slow_drip_ends_with_the_deadline(where: str) -> None:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        if where != "nowhere":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
        if where == "body":
            connection.sendall(b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while not over.wait(0.05):
            if where != "nowhere":
                connection.sendall(b"x")

    with raw_server(drip) as base:
        started = clock.monotonic()
        error = outcome(base, call_of(0.5))
        took = clock.monotonic() - started

    assert type(error) is OutcomeUnknown
    assert 0.45 <= took < 8  # it would drip for ever


def test_a_peer_that_does_not_read_ends_with_the_deadline() -> None:
    def deaf(connection: socket.socket, over: threading.Event) -> None:
        over.wait(10)

    with raw_server(deaf) as base:
        one, started = client(base), clock.monotonic()
        with pytest.raises(OutcomeUnknown):
            one.request(call_of(2), "POST", "/v1/things", json={"big": "x" * 16_000_000})
    assert clock.monotonic() - started < 8  # the peer is deaf for ten


def test_a_call_whose_time_is_up_is_not_sent(serve: Serve) -> None:
    server = serve(Reply(200, {}))
    call = call_of(-1)

    error = outcome(server.base, call)

    assert type(error) is NotSent
    assert server.asked == []
    assert call.exchanges == []


def test_time_that_runs_out_while_connecting_is_not_sent(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    """The clock jumps past the deadline while the connection is made, as when the worker was paused there."""
    server = serve(Reply(200, {}))
    resolve = socket.getaddrinfo
    paused = {"for": 0.0}
    real = clock.monotonic
    monkeypatch.setattr("backend.clock.monotonic", lambda: real() + paused["for"])
    connect = socket.create_connection

    def pause_after(*args: object, **kwargs: object) -> socket.socket:
        connection = connect(*args, **kwargs)  # type: ignore[arg-type]
        paused["for"] = 60.0
        return connection

    monkeypatch.setattr(socket, "create_connection", pause_after)

    error = outcome(server.base, call_of(5))

    assert resolve is socket.getaddrinfo
    assert type(error) is NotSent
    assert server.asked == []


def test_an_endless_body_is_cut_off_at_eight_mebibytes() -> None:
    sent = [0]

    def flood(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n")
        block = b"1" * 65536
        while sent[0] < 104857600:
            connection.sendall(block)
            sent[0] += len(block)

    with raw_server(flood) as base:
        error = outcome(base, call_of(10))

    assert type(error) is OutcomeUnknown
    assert "larger than 8,388,608 bytes" in error.sentence
    assert sent[0] < 30_000_000


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    target = serve(Reply(200, {"stolen": True}))
    server = serve(Reply(307, headers={"Location": f"{target.base}/latest/meta-data"}))

    error = outcome(server.base, call_of(5))

    assert type(error) is OutcomeUnknown
    assert len(server.asked) == 1
    assert target.asked == []


def test_a_proxy_from_the_environment_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(Reply(200, {"via": "proxy"})), serve(Reply(200, {"via": "server"}))
    monkeypatch.setenv("HTTP_PROXY", proxy.base)
    monkeypatch.setenv("http_proxy", proxy.base)

    assert client(server.base).request(call_of(5), "GET", "/x").json == {"via": "server"}
    assert proxy.asked == []


@pytest.mark.parametrize(
    "base",
    [
        "file:///etc/passwd",
        "ftp://example.com",
        "example.com",
        "",
        "http://",
        "https://user@example.com",
        "http://a?b=c",
    ],
)
def test_an_address_that_is_not_plain_http_is_refused(base: str) -> None:
    with pytest.raises(ConfigurationError, match="The address of acme"):
        client(base)


def test_one_client_keeps_one_connection_for_many_calls() -> None:
    connections = []

    def polite(connection: socket.socket, over: threading.Event) -> None:
        connections.append(connection)
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    with raw_server(polite) as base:
        one = client(base)
        for _ in range(3):
            assert one.request(call_of(5), "GET", "/x").json == {}
        one.close()

    assert len(connections) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, 10.0), ("7", 7.0), (" 7 ", 7.0), ("0", 1.0), ("999999", 3600.0), ("-3", 10.0), ("soon", 10.0), ("", 10.0)],
)
def test_retry_after_in_seconds_is_read_within_limits(value: str | None, seconds: float) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date_counts_from_now() -> None:
    moment = clock.now() + timedelta(seconds=120)

    assert 115 <= retry_after(format_datetime(moment, usegmt=True)) <= 120
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT") == 1.0


def test_deferred_carries_how_long_to_wait(serve: Serve) -> None:
    error = outcome(serve(Reply(429, headers={"Retry-After": "42"})).base, call_of(5))

    assert isinstance(error, Deferred)
    assert error.retry_after == 42.0


def test_doubt_about_a_question_before_a_write_is_no_doubt_about_the_write(serve: Serve) -> None:
    server = serve(Reply(500))

    with pytest.raises(NotSent), before_the_write():
        client(server.base).request(call_of(5), "GET", "/x")


@pytest.mark.parametrize(
    ("raw", "quoted"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("a b?c#d", "a%20b%3Fc%23d"), ("pi_1", "pi_1")]
)
def test_an_identifier_cannot_leave_its_place_in_the_path(raw: str, quoted: str) -> None:
    assert segment(raw) == quoted


def test_tls_is_verified_by_default() -> None:
    context = httpx.create_ssl_context(trust_env=False)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True
