"""The mailer over SMTP.

Nothing is accepted before the server has answered the end of DATA, so whatever fails earlier was not sent; a connection
lost after that point leaves the outcome unknown. A repeat carries the same Message-ID, by which receivers drop it.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from backend import clock, failpoints
from backend.domain.errors import ConfigurationError
from backend.domain.holds import HoldKind
from backend.domain.masking import DOTS, Masker
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.smtp.message import PROVIDER, address, build
from backend.integrations.smtp.session import SmtpSession, SmtpsSession
from backend.ports.calls import Call, Deferred, Exchange, NotSent, Original, OutcomeUnknown, ProviderError, Rejected
from backend.ports.guard import assert_outside_calls_allowed
from backend.ports.notifications import Mail, MailSent

KEY_SECONDS = 7 * 24 * 3600.0
"""How long a receiver is trusted to know a Message-ID again."""
RETRY_AFTER = 30.0
CONNECT_SECONDS = 5.0


class SmtpMailer:
    """`url` is `smtp://[user:password@]host[:port][?starttls=1]` or `smtps://…`; `sender` is our own address."""

    name = PROVIDER

    def __init__(self, *, url: str, sender: str, sender_name: str = "", hostname: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError(
                f"The mail address {_shown(url)!r} must look like smtp://mail.example.com:587?starttls=1."
            )
        self._tls_from_start = parts.scheme == "smtps"
        self._starttls = parse_qs(parts.query).get("starttls", ["0"])[-1].lower() in ("1", "true", "yes")
        self._host = parts.hostname
        self._port = parts.port or (465 if self._tls_from_start else 587 if self._starttls else 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        local = self._host in ("localhost", "127.0.0.1", "::1")
        if self._user and not (self._tls_from_start or self._starttls or local):
            raise ConfigurationError("The mail password would travel in clear text. Use smtps:// or add ?starttls=1.")
        self._sender = address(sender, sender_name)
        self._hostname = hostname or self._sender.domain

    def guarantees(self, kind: StepKind) -> Guarantees:
        return Guarantees(key_seconds=KEY_SECONDS, can_ask=False, key_binds=False)

    def send(self, mail: Mail, call: Call) -> MailSent:
        assert_outside_calls_allowed()
        to = address(mail.to)
        message = build(mail, self._sender, to)
        started = clock.monotonic()
        if started >= call.deadline:
            raise NotSent(PROVIDER, "The call's time was up before it was sent; nothing was sent.")
        status, words = None, ""
        try:
            status, words = self._deliver(message, to, call.deadline)
        except ProviderError as error:
            status, words = error.status, error.sentence
            raise
        finally:
            elapsed = round((clock.monotonic() - started) * 1000)
            call.exchanges.append(self._recorded(mail, message, status, words, elapsed))
        return MailSent(str(message["Message-ID"]))

    def _deliver(self, message: EmailMessage, to: Address, deadline: float) -> tuple[int, str]:
        handed_over = False
        try:
            with self._session(deadline) as session:
                policy, options = self._envelope(session, to)
                content = message.as_bytes(policy=policy)
                _expect(session.mail(self._sender.addr_spec, options), "the sender")
                _expect(session.rcpt(to.addr_spec), "the recipient")
                handed_over = True
                answer = _expect(session.data(content), "the mail")
                failpoints.hit(failpoints.CALL_REPLIED)
                return answer
        except smtplib.SMTPAuthenticationError as error:
            sentence = "The mail server does not accept our sign-in. An administrator must renew it."
            category = HoldKind.PROVIDER_CREDENTIALS
            raise Rejected(PROVIDER, sentence, category=category, status=error.smtp_code) from error
        except smtplib.SMTPResponseException as error:
            refusal = _refusal(error.smtp_code, error.smtp_error, "the mail")
            if isinstance(refusal, OutcomeUnknown) and not handed_over:
                refusal = NotSent(PROVIDER, refusal.sentence, status=refusal.status)
            raise refusal from error
        except (smtplib.SMTPException, OSError) as error:
            words = str(error) or type(error).__name__
            if handed_over:
                sentence = f"The mail server did not confirm the mail: {words}. It may have been sent."
                raise OutcomeUnknown(PROVIDER, sentence) from error
            raise NotSent(PROVIDER, f"The mail server could not be reached: {words}. Nothing was sent.") from error

    @contextmanager
    def _session(self, deadline: float) -> Iterator[smtplib.SMTP]:
        """A greeted, encrypted and signed-in session that the deadline cuts off, however slowly the server talks."""
        timeout = min(CONNECT_SECONDS, _left(deadline))
        options: dict[str, Any] = {"local_hostname": self._hostname, "timeout": timeout}
        if self._tls_from_start:
            options["context"] = ssl.create_default_context()
        session = (SmtpsSession if self._tls_from_start else SmtpSession)(**options)
        with _cut_off(session, deadline):
            try:
                session._host = self._host  # type: ignore[attr-defined]
                code, words = session.connect(self._host, self._port)
                if code != 220:
                    raise smtplib.SMTPConnectError(code, words)
                if session.sock is not None:
                    session.sock.settimeout(_left(deadline))
                session.ehlo_or_helo_if_needed()
                if self._starttls:
                    session.starttls(context=ssl.create_default_context())
                    session.ehlo()
                if self._user:
                    session.login(self._user, self._password)
                yield session
                with suppress(smtplib.SMTPException, OSError):
                    session.quit()
            finally:
                session.close()

    def _envelope(self, session: smtplib.SMTP, to: Address) -> tuple[Any, list[str]]:
        if to.addr_spec.isascii() and self._sender.addr_spec.isascii():
            return SMTP, []
        if not session.has_extn("smtputf8"):
            raise Rejected(PROVIDER, "The mail server cannot deliver to an address with letters beyond ASCII.")
        return SMTPUTF8, ["SMTPUTF8", "BODY=8BITMIME"]

    def _recorded(self, mail: Mail, message: EmailMessage, status: int | None, words: str, elapsed: int) -> Exchange:
        masker = Masker([self._password, mail.to])
        request = {
            "to": DOTS,
            "subject": masker.text(str(message["Subject"])),
            "message_id": str(message["Message-ID"]),
            "attachments": [f"<{one.media_type}, {len(one.content):,} bytes>" for one in mail.attachments],
        }
        scheme = "smtps" if self._tls_from_start else "smtp"
        url = f"{scheme}://{self._host}:{self._port}"
        plain = Masker([self._password], personal=False)
        subject, text = plain.text(str(message["Subject"])), plain.text(words)
        original = Original(url, request | {"to": mail.to, "subject": subject}, text)
        return Exchange("SEND", url, request, status, masker.text(words), elapsed, original)


@contextmanager
def _cut_off(session: smtplib.SMTP, deadline: float) -> Iterator[None]:
    def cut() -> None:
        if session.sock is not None:
            with suppress(OSError):
                # not SSLSocket's own method: that would pull the encryption away under the thread that reads
                socket.socket.shutdown(session.sock, socket.SHUT_RDWR)

    timer = threading.Timer(_left(deadline), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _left(deadline: float) -> float:
    return max(deadline - clock.monotonic(), 0.001)


def _expect(reply: tuple[int, bytes], what: str) -> tuple[int, str]:
    code, words = reply
    if not 200 <= code < 300:
        raise _refusal(code, words, what)
    return code, words.decode("utf-8", "replace")


def _refusal(code: int, words: bytes | str, what: str) -> ProviderError:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if 400 <= code < 500:
        sentence = f"The mail server put off {what}: {code} {said}"
        return Deferred(PROVIDER, sentence, retry_after=RETRY_AFTER, status=code)
    if 500 <= code < 600:
        return Rejected(PROVIDER, f"The mail server refused {what}: {code} {said}", status=code)
    return OutcomeUnknown(
        PROVIDER, f"The mail server answered {what} in a way we do not know: {code} {said}", status=code
    )


def _shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
