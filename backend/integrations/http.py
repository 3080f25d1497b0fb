"""The one way out over HTTP: pooled, under a total deadline, recorded, and with every outcome named.

What may have happened decides the error, as `ports.calls` lists them: nothing left this machine (`NotSent`), it may
have taken effect (`OutcomeUnknown`), the provider said "later" (`Deferred`) or "no" (`Rejected`).
"""

import json as jsonlib
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx

from backend import clock, failpoints
from backend.domain import strict_json
from backend.domain.errors import ConfigurationError, InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.masking import Masker, described
from backend.domain.providers import provider_name
from backend.domain.retries import LOCKED_OUT, Outcome, outcome_of_answer
from backend.integrations.transport import DeadlineTransport
from backend.ports.calls import Call, Deferred, Exchange, NotSent, Original, OutcomeUnknown, ProviderError, Rejected
from backend.ports.guard import assert_outside_calls_allowed

MAX_RESPONSE = 8 * 1024 * 1024
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
DEFAULT_RETRY_AFTER = 10.0
LONGEST_RETRY_AFTER = 3600.0

_HEADERS = {"User-Agent": "Holdfast/1", "Accept": "application/json", "Accept-Encoding": "identity"}
_MARK = "\ue000"  # a private-use character around numbers that are to lose their quotes
_MARKED = re.compile(f'"{_MARK}(-?[0-9]+(?:\\.[0-9]+)?){_MARK}"')
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

Form = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A provider's answer: `headers` in lower case, `json` is None when the body is not JSON (or empty)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


ErrorReader = Callable[[Answer], ProviderError | None]
"""Reads an answer of 4xx in the provider's own format; None leaves it to the default."""


class ProviderClient:
    """Calls one provider; `secrets` are never shown, not even in free text. Thread-safe."""

    def __init__(
        self,
        provider: str,
        base_url: str,
        *,
        headers: Mapping[str, str],
        read_error: ErrorReader | None = None,
        secrets: Sequence[str] = (),
        max_connections: int = 10,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.provider = provider
        self._title = provider_name(provider)
        self._base = _checked_base(provider, base_url)
        self._read_error = read_error
        self._secrets = tuple(secrets)
        self._transport = transport or DeadlineTransport(max_connections=max_connections)
        self._client = httpx.Client(
            transport=self._transport,
            headers={**_HEADERS, **headers},
            timeout=httpx.Timeout(read_seconds, connect=connect_seconds),
            follow_redirects=False,
            trust_env=False,
        )
        self.close = weakref.finalize(self, self._client.close)
        """Gives the connections back; happens by itself when the client is no longer used."""

    def request(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Form | None = None,
        params: Form = (),
        headers: Mapping[str, str] | None = None,
        expect: Literal["json", "binary"] = "json",
        hide: Sequence[str] = (),
        personal: Sequence[str] = (),
    ) -> Answer:
        """One exchange; returns an answer of 2xx with a readable body of the kind expected, raises otherwise.

        `path` starts with a slash and is already quoted (see `segment`). The record shows nothing of what is in `hide`,
        and what is in `personal` only to who asks for it.
        """
        assert_outside_calls_allowed()
        if clock.monotonic() >= call.deadline:
            raise NotSent(self.provider, "The call's time was up before it was sent; nothing was sent.")
        request = self._built(method, path, json, form, params, headers)
        started = clock.monotonic()
        answer: Answer | None = None
        failure: ProviderError | None = None
        try:
            answer = self._exchanged(request, call)
        except ProviderError as error:
            failure = error
            raise
        finally:
            elapsed = round((clock.monotonic() - started) * 1000)
            secret = [*self._secrets, *hide]
            told = _Told(request, json, form, answer, failure)
            call.exchanges.append(
                _recorded(told, Masker([*secret, *personal]), Masker(secret, personal=False), elapsed)
            )
        self._judge(answer, expect)
        return answer

    def find(self, call: Call, path: str, *, params: Form = ()) -> Any:
        """The JSON at a path, or None when the provider answers 404."""
        try:
            return self.request(call, "GET", path, params=params).json
        except Rejected as refusal:
            if refusal.status == 404:
                return None
            raise

    def _built(
        self, method: str, path: str, json: Any, form: Form | None, params: Form, headers: Mapping[str, str] | None
    ) -> httpx.Request:
        if not path.startswith("/"):
            raise ValueError(f"a path must start with a slash: {path!r}")
        url = f"{self._base}{path}" + (f"?{urlencode(params)}" if params else "")
        extra = dict(headers or {})
        content: bytes | None = None
        if form is not None:
            content = urlencode(form).encode("ascii")
            extra["Content-Type"] = "application/x-www-form-urlencoded"
        elif json is not None:
            content = _json_text(json)
            extra["Content-Type"] = "application/json"
        return self._client.build_request(method, url, content=content, headers=extra, extensions=_watched())

    def _exchanged(self, request: httpx.Request, call: Call) -> Answer:
        try:
            with self._until(call.deadline):
                response = self._client.send(request, stream=True)
                try:
                    body = self._body(response, call)
                finally:
                    response.close()
            failpoints.hit(failpoints.CALL_REPLIED)
        except _NEVER_LEFT as error:
            sentence = f"Could not reach {self._title}: {_words(error)}. Nothing was sent."
            raise NotSent(self.provider, sentence) from error
        except (httpx.RequestError, failpoints.ReplyDropped) as error:
            raise self._unknown(f"No complete answer from {self._title}: {_words(error)}.") from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body, _json(headers, body))

    def _body(self, response: httpx.Response, call: Call) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise self._unknown(f"{self._title} sent a compressed answer, unasked.", response.status_code)
        body = bytearray()
        for chunk in response.iter_raw(64 * 1024):
            body += chunk
            if len(body) > MAX_RESPONSE:
                sentence = f"The answer of {self._title} is larger than {MAX_RESPONSE:,} bytes."
                raise self._unknown(sentence, response.status_code)
            if clock.monotonic() >= call.deadline:
                raise self._unknown(f"The answer of {self._title} did not arrive in time.", response.status_code)
        return bytes(body)

    @contextmanager
    def _until(self, deadline: float) -> Iterator[None]:
        if isinstance(self._transport, DeadlineTransport):
            with self._transport.until(deadline):
                yield
        else:
            yield

    def _judge(self, answer: Answer, expect: str) -> None:
        status = answer.status
        match outcome_of_answer(status, when_told="retry-after" in answer.headers):
            case Outcome.OK if expect == "json" and answer.json is None:
                raise self._unknown(f"{self._title} answered {status} with something that cannot be read.", status)
            case Outcome.OK if expect == "binary" and not answer.body:
                raise self._unknown(f"{self._title} answered {status} with nothing in it.", status)
            case Outcome.OK:
                return
            case Outcome.DEFERRED:
                raise Deferred(
                    self.provider,
                    f"{self._title} asks us to wait (HTTP {status}).",
                    retry_after=retry_after(answer.headers.get("retry-after")),
                    status=status,
                )
            case Outcome.REJECTED:
                self._refused(answer)
        raise self._unknown(f"{self._title} answered HTTP {status}; whether it took effect is not known.", status)

    def _refused(self, answer: Answer) -> NoReturn:
        error = self._read_error(answer) if self._read_error else None
        if error is not None:
            raise error
        if answer.status in LOCKED_OUT:
            raise credentials_refused(self.provider, answer.status)
        sentence = f"{self._title} refused the request (HTTP {answer.status}) without a reason."
        raise Rejected(self.provider, sentence, status=answer.status)

    def _unknown(self, sentence: str, status: int | None = None) -> OutcomeUnknown:
        return OutcomeUnknown(self.provider, sentence, status=status)


def _watched() -> dict[str, Any]:
    """Where a failpoint waits for the moment between the sent request and its answer, have it told of that moment."""
    return {"trace": _trace} if failpoints.is_armed(failpoints.CALL_SENT) else {}


def _trace(event: str, _: Any) -> None:
    if event == "http11.send_request_body.complete":
        failpoints.hit(failpoints.CALL_SENT)


def segment(identifier: str) -> str:
    """An identifier as one path segment; nothing in it can leave its place in the path."""
    return quote(identifier, safe="") if identifier not in (".", "..") else quote(identifier).replace(".", "%2E")


def retry_after(value: str | None) -> float:
    """Seconds to wait from a Retry-After header (seconds or an HTTP date), between one second and the cap."""
    if value is None:
        return DEFAULT_RETRY_AFTER
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return DEFAULT_RETRY_AFTER
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - clock.now()).total_seconds()
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)


def credentials_refused(provider: str, status: int, code: str = "") -> Rejected:
    return Rejected(
        provider,
        f"{provider_name(provider)} does not accept our key (HTTP {status}). An administrator must renew it.",
        category=HoldKind.PROVIDER_CREDENTIALS,
        code=code,
        status=status,
    )


@contextmanager
def before_the_write() -> Iterator[None]:
    """For what is asked or prepared before the step's own write: doubt about that is no doubt about the write."""
    try:
        yield
    except OutcomeUnknown as error:
        raise NotSent(error.provider, error.sentence, code=error.code, status=error.status) from error


def _checked_base(provider: str, base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ConfigurationError(
            f"The address of {provider} is {base_url!r}; it must look like https://api.example.com, no user, no query."
        )
    return base_url.rstrip("/")


def _json(headers: Mapping[str, str], body: bytes) -> Any:
    media = headers.get("content-type", "").lower()
    if not body or ("json" not in media and body.lstrip()[:1] not in (b"{", b"[")):
        return None
    try:
        return strict_json.read(body)
    except InvalidInput:
        return None


def _json_text(value: Any) -> bytes:
    """JSON in which a `Decimal` is a number with exactly its digits; the standard writer knows floats only."""

    def marked(number: Any) -> str:
        if not isinstance(number, Decimal) or not number.is_finite():
            raise TypeError(f"{type(number).__name__} has no place in JSON")
        return f"{_MARK}{number:f}{_MARK}"

    text = jsonlib.dumps(value, allow_nan=False, ensure_ascii=False, default=marked)
    return (_MARKED.sub(r"\1", text) if _MARK in text else text).encode()


@dataclass(frozen=True)
class _Told:
    """One exchange before anything is masked."""

    request: httpx.Request
    json: Any
    form: Form | None
    answer: Answer | None
    failure: ProviderError | None


def _recorded(told: _Told, masker: Masker, secrets_only: Masker, elapsed: int) -> Exchange:
    masked, original = _said(told, masker), _said(told, secrets_only)
    status = told.answer.status if told.answer is not None else told.failure.status if told.failure else None
    return Exchange(
        told.request.method,
        masked.url,
        masked.request,
        status,
        masked.response,
        elapsed,
        original if original != masked else None,
    )


def _said(told: _Told, masker: Masker) -> Original:
    url = masker.url(str(told.request.url))
    sent = (
        masker.form(told.form) if told.form is not None else masker.body(told.json) if told.json is not None else None
    )
    if told.answer is None:
        return Original(url, sent, masker.text(told.failure.sentence) if told.failure else "")
    return Original(url, sent, _shown(masker, told.answer))


def _shown(masker: Masker, answer: Answer) -> Any:
    if answer.json is not None:
        return masker.body(answer.json)
    if not answer.body:
        return ""
    if answer.media_type == "application/x-www-form-urlencoded":
        return masker.form(parse_qsl(answer.body.decode("ascii", "replace")))
    if answer.media_type.startswith("text/") or answer.media_type.endswith(("json", "xml")):
        return masker.body(answer.body.decode("utf-8", "replace"))
    return described(answer.body, answer.media_type)


def _words(error: Exception) -> str:
    kinds: dict[type[Exception], str] = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.PoolTimeout: "all connections were busy",
        httpx.ReadTimeout: "the answer did not come in time",
        httpx.WriteTimeout: "the request could not be sent in time",
    }
    return kinds.get(type(error)) or str(error).rstrip(".") or type(error).__name__
