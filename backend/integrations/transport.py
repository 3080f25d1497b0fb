"""An httpx transport under a total deadline.

httpx bounds each read and write, not the whole exchange: a peer that drips one byte at a time, in the headers or in
the body, can hold a worker for ever. Here every read, write, connect and TLS handshake gets at most what is left until
the deadline of the running call, and the deadline is looked at once more just before the first byte is sent.
"""

import functools
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from backend import clock

_WRITE_CHUNK = 16 * 1024


class _Deadline(threading.local):
    at: float = 0.0
    sent: bool = False

    def left(self) -> float:
        return self.at - clock.monotonic()

    def bound(self, timeout: float | None, error: type[Exception]) -> float:
        left = self.left()
        if left <= 0:
            raise error("the call's deadline has passed")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.bound(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self._deadline.sent:
            self._deadline.bound(timeout, httpcore.ConnectTimeout)
            self._deadline.sent = True
        for start in range(0, len(buffer), _WRITE_CHUNK):
            chunk = buffer[start : start + _WRITE_CHUNK]
            self._inner.write(chunk, self._deadline.bound(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        bounded = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, bounded), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to each of a host's addresses in turn; the time-out is for all of them together."""

    def __init__(self, deadline: _Deadline) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        until = clock.monotonic() + self._deadline.bound(timeout, httpcore.ConnectTimeout)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the host name cannot be resolved: {error}") from error
        failure: Exception = httpcore.ConnectError("the host name has no address")
        for *_, address in found:
            left = until - clock.monotonic()
            if left <= 0:
                raise httpcore.ConnectTimeout("no address answered in time")
            try:
                stream = self._inner.connect_tcp(str(address[0]), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Stream(stream, self._deadline)
        raise failure


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._inner

    def close(self) -> None:
        with _as_httpx():
            self._inner.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error)) from error


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """The same for all: reading the list of authorities takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx.BaseTransport):
    """A pooled transport; `until` names the moment of `clock.monotonic()` by which this thread's call must end."""

    def __init__(self, *, max_connections: int, keepalive_seconds: float = 15.0) -> None:
        self._deadline = _Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=keepalive_seconds,
            network_backend=_Backend(self._deadline),
        )

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        self._deadline.at, self._deadline.sent = moment, False
        try:
            yield
        finally:
            self._deadline.at = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        left = self._deadline.left()
        if left <= 0:
            raise httpx.ConnectTimeout("the call's deadline has passed")
        timeouts = request.extensions.get("timeout", {})
        bounded = {**timeouts, "pool": min(timeouts.get("pool") or left, left)}
        wire = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions={**request.extensions, "timeout": bounded},
        )
        with _as_httpx():
            answer = self._pool.handle_request(wire)
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()
