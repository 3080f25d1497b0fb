"""A link between two processes that can go bad: cut, swallow everything, refuse, or lose answers on their way back."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from backend.clock import monotonic

Target = tuple[str, int] | Path
"""An address, or the path of a Unix socket."""


class Mode(StrEnum):
    PASS = "pass"
    BLACK_HOLE = "black hole"  # connections stay open, and nothing comes through in either direction
    REFUSE = "refuse"  # new connections are closed at once


class Connection:
    """One connection through the link. `swallowing`: the server's answers do not reach the client any more; until
    `held_until` (of the monotonic clock) they wait."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.swallowing = False
        self.held_until = 0.0

    def cut(self) -> None:
        """Both ends are told so, rudely (RST)."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for end in (self.client, self.server):
            end.close()


class Proxy:
    """Listens on `port` of 127.0.0.1 and passes everything on to `target`.

    `lose_answer(request)` looks at each piece of bytes from a client (the text of a COMMIT, say); where it says so, that
    piece still reaches the server, and nothing of the server's reaches the client from then on. `lost` counts that.
    `hold_answer(request)` says in the same way for how many seconds the answer is held up; `held` counts that.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.mode = Mode.PASS
        self.lose_answer: Callable[[bytes], bool] | None = None
        self.lost = 0
        self.hold_answer: Callable[[bytes], float] | None = None
        self.held = 0
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self._passing = threading.Event()
        self._passing.set()
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def black_hole(self) -> None:
        """Nothing comes through any more, and nobody is told so."""
        self._passing.clear()
        self.mode = Mode.BLACK_HOLE

    def refuse(self) -> None:
        """Open connections are cut, new ones closed at once."""
        self.mode = Mode.REFUSE
        self._passing.set()
        self.cut()

    def heal(self) -> None:
        """All is well again; what waited in a black hole comes through now."""
        self.mode = Mode.PASS
        self._passing.set()

    def cut(self) -> int:
        """Cut every connection that is open; how many there were."""
        with self._lock:
            doomed = list(self._connections)
        for connection in doomed:
            connection.cut()
        return len(doomed)

    def close(self) -> None:
        self._open = False
        self._passing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode is Mode.REFUSE:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = self._connect()
        except OSError:
            client.close()
            return
        connection = Connection(client, server)
        with self._lock:
            self._connections.add(connection)
        back = threading.Thread(target=self._pump, args=(connection, server, client, False), daemon=True)
        back.start()
        self._pump(connection, client, server, True)
        back.join()
        with self._lock:
            self._connections.discard(connection)
        connection.close()

    def _connect(self) -> socket.socket:
        if isinstance(self.target, Path):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.target))
            return server
        return socket.create_connection(self.target, timeout=5)

    def _pump(self, connection: Connection, source: socket.socket, sink: socket.socket, forth: bool) -> None:
        source.settimeout(None)
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._passing.wait()
                if forth and self.lose_answer is not None and not connection.swallowing and self.lose_answer(data):
                    connection.swallowing = True
                    self.lost += 1
                if forth and self.hold_answer is not None and (seconds := self.hold_answer(data)):
                    connection.held_until = monotonic() + seconds
                    self.held += 1
                if not forth and (wait := connection.held_until - monotonic()) > 0:
                    time.sleep(wait)
                if forth or not connection.swallowing:
                    sink.sendall(data)
        if not (connection.swallowing and not forth):
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def line_to(url: str) -> Iterator[tuple[Proxy, str]]:
    """A line to this database that can go bad, and the address of its near end."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host")
    target = Path(folder[0]) / ".s.PGSQL.5432" if folder else (str(parts.hostname), parts.port or 5432)
    account = f"{parts.username}{':' + parts.password if parts.password else ''}"
    with Proxy(target) as line:
        yield line, f"postgresql://{account}@127.0.0.1:{line.port}{parts.path}?sslmode=disable"
