"""A payload for people: laid out to be read, and for those who may only look without what names a customer."""

import json
import re

from sqlmodel import Session

from backend.domain import json_places, strict_json
from backend.domain.errors import InvalidInput
from backend.domain.masking import DOTS, Masker
from backend.store import quarantine as store
from backend.store.personal import PersonalDataUnreadable, keyring
from backend.store.tables import InboxMessage

UNREADABLE = b'"This payload cannot be read with this installation\'s keys."'
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")


def received(row: InboxMessage) -> bytes:
    """The body as it came in."""
    if row.body is None:
        return b""
    try:
        return keyring().open_bytes("inbox", "body", row.id, row.body)
    except PersonalDataUnreadable:
        return UNREADABLE


def current(session: Session, row: InboxMessage) -> bytes:
    """The body that is handled: the newest mended one, or the one that came in."""
    mended = store.mended_body(session, row.id) if row.mended else None
    return received(row) if mended is None else mended


def laid_out(body: bytes, *, masked: bool) -> str:
    """One value to a line; what is no JSON as it is, or only its size where it must not be shown."""
    text = body.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    if not masked:
        return json_places.pretty(text)
    try:
        return json.dumps(Masker().body(strict_json.read(body)), indent=2, ensure_ascii=False)
    except InvalidInput:
        return f"({len(body):,} bytes that are no acceptable JSON; who may mend messages can see them)"


def sentences(row: InboxMessage, *, masked: bool) -> list[str]:
    """The problems; what they quote from the payload is hidden from those who may only look."""
    found = [str(problem) for problem in row.problems]
    return [_QUOTED.sub(DOTS, sentence) for sentence in found] if masked else found
