"""SMTP sessions that believe whole replies only.

smtplib takes what a broken connection left of a line for the server's answer: half of a reply would pass for a "250".
"""

import smtplib
from typing import Any, BinaryIO


class _WholeLines:
    """A reader whose lines end as lines do; anything shorter means that the connection broke."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner

    def readline(self, limit: int = -1) -> bytes:
        line = self._inner.readline(limit)
        if line and not line.endswith(b"\n") and len(line) != limit:
            raise ConnectionError("the connection broke in the middle of a reply")
        return line

    def close(self) -> None:
        self._inner.close()


class SmtpSession(smtplib.SMTP):
    file: Any

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _WholeLines(self.sock.makefile("rb"))
        return super().getreply()


class SmtpsSession(SmtpSession, smtplib.SMTP_SSL):
    """The same, encrypted from the start."""
