"""Mail: what goes onto the wire, that nothing can be slipped in, and what each failure proves."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from backend import clock
from backend.domain.errors import ConfigurationError
from backend.domain.retries import NextMove, before_repeat
from backend.domain.steps import StepKind
from backend.integrations.smtp.mailer import SmtpMailer
from backend.ports.calls import Call, Deferred, NotSent, OutcomeUnknown, ProviderError, Rejected
from backend.ports.notifications import Attachment, Mail, MailSent
from tests.integrations.raw_server import raw_server

MAIL = Mail(
    message_id="ORD-20260131-00001.mail.shipped.1@holdfast.example",
    to="ada@example.com",
    subject="Your order is on its way – #1001",
    text="Dear Ada,\n.a line with a dot\nit is on its way.",
    html="<p>Dear Ada</p>",
    order_number="ORD-20260131-00001",
    attachments=(Attachment("invoice.pdf", "application/pdf", b"%PDF-1.7 x"),),
)


class Sink:
    """A real mail server that keeps what it gets, or answers as it is told."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answers: dict[str, str] = {}

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.envelopes.append(envelope)
        return "250 2.0.0 kept"


@contextmanager
def running(sink: Sink) -> Iterator[str]:
    controller = Controller(sink, hostname="127.0.0.1", port=0, ready_timeout=5)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def call_of(seconds: float = 5) -> Call:
    return Call("key", clock.monotonic() + seconds)


def mailer(url: str) -> SmtpMailer:
    return SmtpMailer(url=url, sender="shop@holdfast.example", sender_name="Lämps, & Co")


def received(sink: Sink) -> EmailMessage:
    (envelope,) = sink.envelopes
    assert isinstance(envelope.content, bytes)
    parsed = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_a_mail_arrives_whole() -> None:
    sink, call = Sink(), call_of()

    with running(sink) as url:
        sent = mailer(url).send(MAIL, call)

    message = received(sink)
    assert sent == MailSent("<ORD-20260131-00001.mail.shipped.1@holdfast.example>")
    assert message["Message-ID"] == sent.message_id
    assert message["X-Holdfast-Order"] == "ORD-20260131-00001"
    assert message["From"] == '"Lämps, & Co" <shop@holdfast.example>'
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "Your order is on its way – #1001"
    assert message["Date"].datetime.tzinfo is not None
    assert body_of(message, "plain") == "Dear Ada,\n.a line with a dot\nit is on its way.\n"
    assert body_of(message, "html") == "<p>Dear Ada</p>\n"
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("invoice.pdf", "application/pdf")
    assert attachment.get_content() == b"%PDF-1.7 x"
    assert (sink.envelopes[0].mail_from, sink.envelopes[0].rcpt_tos) == ("shop@holdfast.example", ["ada@example.com"])
    (exchange,) = call.exchanges
    assert (exchange.method, exchange.status) == ("SEND", 250)
    assert "ada@example.com" not in repr(exchange)


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\x00\n", "\u2028", "\x85", "\x0b"])
def test_no_field_can_add_a_header_or_a_recipient(breaker: str) -> None:
    sink = Sink()
    slipped = Mail(
        message_id=f"id{breaker}Bcc: m@evil.example@holdfast.example",
        to="ada@example.com",
        subject=f"Hello{breaker}Bcc: s@evil.example{breaker}{breaker}body",
        text="text",
        html="",
        order_number=f"ORD{breaker}X-Evil: 1",
        attachments=(Attachment(f"a{breaker}X-Evil: 2.pdf", "application/pdf", b"x"),),
    )

    with running(sink) as url:
        mailer(url).send(slipped, call_of())

    message = received(sink)
    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Holdfast-Order",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    } | ({"X-Peer", "X-MailFrom", "X-RcptTo"} & set(message.keys()))
    assert message["Bcc"] is None
    assert sink.envelopes[0].rcpt_tos == ["ada@example.com"]
    assert "\n" not in str(message["Subject"])


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example.com, eve@evil.example",
        "ada@example.com\r\nRCPT TO:<eve@evil.example>",
        "ada@example.com>\r\nDATA",
        "Ada <ada@example.com>",
        "a da@example.com",
        "ada@exa mple.com",
        "ada@example..com",
        "ada@" + "x" * 70 + ".com",
    ],
)
def test_what_is_not_exactly_one_address_is_refused_without_a_call(to: str) -> None:
    sink, call = Sink(), call_of()

    with running(sink) as url, pytest.raises(Rejected):
        mailer(url).send(Mail("id@x.example", to, "s", "t", "", "ORD"), call)

    assert sink.envelopes == []
    assert call.exchanges == []


def test_a_domain_beyond_ascii_is_written_in_ascii() -> None:
    sink = Sink()

    with running(sink) as url:
        mailer(url).send(Mail("id@x.example", "ada@bücher.example", "s", "t", "", "ORD"), call_of())

    assert sink.envelopes[0].rcpt_tos == ["ada@xn--bcher-kva.example"]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("answer", "expected"), [("451 4.3.0 later", Deferred), ("550 5.1.1 no such user", Rejected)])
def test_the_servers_answer_decides_at_every_stage(stage: str, answer: str, expected: type[ProviderError]) -> None:
    sink = Sink()
    sink.answers[stage] = answer

    with running(sink) as url, pytest.raises(ProviderError) as caught:
        mailer(url).send(MAIL, call_of())

    assert type(caught.value) is expected
    assert caught.value.status == int(answer[:3])
    assert sink.envelopes == []


def test_a_server_that_is_not_there_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    call = call_of()

    with pytest.raises(NotSent):
        mailer(f"smtp://127.0.0.1:{port}").send(MAIL, call)

    assert [exchange.status for exchange in call.exchanges] == [None]


def test_a_mail_whose_time_is_up_is_not_sent() -> None:
    sink, call = Sink(), call_of(-1)

    with running(sink) as url, pytest.raises(NotSent):
        mailer(url).send(MAIL, call)

    assert sink.envelopes == []


Talk = Callable[[socket.socket, threading.Event], None]


def speak(connection: socket.socket, *, until: str, then: Talk | None, over: threading.Event) -> None:
    """A mail server that answers well until a command, and then does something else."""
    with connection.makefile("rb") as lines:
        connection.sendall(b"220 hello\r\n")
        while line := lines.readline():
            verb = line.split()[0].upper().decode() if line.strip() else ""
            if verb == "DATA":
                if until == "DATA":
                    break
                connection.sendall(b"354 go\r\n")
                while lines.readline() != b".\r\n":
                    pass
                break
            if verb == until:
                break
            connection.sendall(b"250 fine\r\n")
    if then is not None:
        then(connection, over)


def drip(connection: socket.socket, over: threading.Event) -> None:
    while not over.wait(0.05):
        connection.sendall(b"2")


@pytest.mark.parametrize(
    ("until", "expected"),
    [("EHLO", NotSent), ("MAIL", NotSent), ("RCPT", NotSent), ("DATA", OutcomeUnknown), ("the end", OutcomeUnknown)],
)
@pytest.mark.parametrize("then", [None, drip], ids=["cut", "drip"])
def test_a_lost_server_is_in_doubt_only_after_data(
    until: str, expected: type[ProviderError], then: Talk | None
) -> None:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        speak(connection, until=until, then=then, over=over)

    with raw_server(behave) as base:
        started = clock.monotonic()
        with pytest.raises(ProviderError) as caught:
            mailer(base.replace("http:", "smtp:")).send(MAIL, call_of(0.6))
        took = clock.monotonic() - started

    assert type(caught.value) is expected
    assert took < 8  # it would drip for ever


def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    def silent(connection: socket.socket, over: threading.Event) -> None:
        over.wait(10)

    with raw_server(silent) as base:
        started = clock.monotonic()
        with pytest.raises(NotSent):
            mailer(base.replace("http:", "smtp:")).send(MAIL, call_of(0.5))

    assert clock.monotonic() - started < 8


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example.com", "smtp://u:p@mail.example.com"])
def test_an_address_that_cannot_work_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        mailer(url)

    assert "u:p" not in str(caught.value)


def test_starttls_is_not_gone_without() -> None:
    sink: Any = Sink()

    with running(sink) as url, pytest.raises(ProviderError):
        mailer(f"{url}?starttls=1").send(MAIL, call_of())

    assert sink.envelopes == []


def test_a_server_that_cannot_encrypt_gets_nothing_over_smtps() -> None:
    sink = Sink()

    with running(sink) as url, pytest.raises(NotSent):
        mailer(url.replace("smtp:", "smtps:")).send(MAIL, call_of())

    assert sink.envelopes == []


def test_a_repeat_is_the_same_message_so_it_may_be_sent_again() -> None:
    guarantees = mailer("smtp://127.0.0.1:25").guarantees(StepKind.MAIL_SHIPPED)

    assert before_repeat(guarantees, in_doubt=True, since_first_sent=3600) is NextMove.CALL
