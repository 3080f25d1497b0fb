"""Personal data at rest: one encrypted column type, bound to table, column and row, and blind-index tokens for search.

AES-256-GCM with a random 96-bit nonce; the additional data is `table|column|row id`, so a ciphertext moved to another
place does not open. A blob is `version(1) | key id length(1) | key id | nonce(12) | ciphertext and tag`.
The first key seals; every known key opens, so a rotation can run while orders flow.
"""

import base64
import binascii
import hmac
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar
from uuid import UUID

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, inspect
from sqlalchemy.types import TypeDecorator

from backend.domain.errors import ConfigurationError

_VERSION = b"\x01"
_NONCE_BYTES, _TAG_BYTES = 12, 16
_PREFIX_LETTERS = range(2, 13)


UNREADABLE = "(cannot be read with this installation's keys)"


class PersonalDataUnreadable(Exception):
    """A sealed value that does not open: unknown key, or moved or altered ciphertext."""


@dataclass(frozen=True)
class Sealed:
    """An encrypted value as it lies in the database; only `Keyring.open` turns it back into text."""

    blob: bytes

    def __repr__(self) -> str:
        return "Sealed(…)"


class PersonalData(TypeDecorator[Sealed]):
    """Column type for personal data. It takes only `Sealed` values, so plain text cannot slip into the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Any) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("personal data must be sealed before it is stored")
        return None if value is None else value.blob

    def process_result_value(self, value: Any, dialect: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))


class Keyring:
    """The installation's keys. `encryption`: id → 32 bytes, the first one seals. `index`: 32 bytes for search tokens."""

    def __init__(self, encryption: dict[str, bytes], index: bytes) -> None:
        if not encryption or any(len(key) != 32 for key in encryption.values()) or len(index) != 32:
            raise ConfigurationError("Encryption and index keys must be 32 bytes each, in base64.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in encryption.items()}
        self._current = next(iter(encryption))
        self._index = index
        self._name_token = lru_cache(maxsize=50_000)(partial(self.token, "name"))

    @classmethod
    def parse(cls, encryption: str, index: str) -> "Keyring":
        """From the settings' text: `id:base64,id:base64` and `base64`."""
        try:
            pairs = [part.strip().split(":", 1) for part in encryption.split(",") if part.strip()]
            return cls({key_id: base64.b64decode(key, validate=True) for key_id, key in pairs}, base64.b64decode(index))
        except (ValueError, binascii.Error) as error:
            raise ConfigurationError(
                "HOLDFAST_ENCRYPTION_KEYS must be `id:base64 of 32 bytes`, separated by commas, and HOLDFAST_INDEX_KEY "
                "base64 of 32 bytes; `holdfast keys` prints fresh ones."
            ) from error

    def seal(self, table: str, column: str, row_id: UUID, text: str | bytes) -> Sealed:
        """Encrypt for one place only."""
        nonce, key_id = os.urandom(_NONCE_BYTES), self._current.encode()
        plain = text if isinstance(text, bytes) else text.encode()
        sealed = self._ciphers[self._current].encrypt(nonce, plain, _place(table, column, row_id))
        return Sealed(_VERSION + bytes([len(key_id)]) + key_id + nonce + sealed)

    def open_bytes(self, table: str, column: str, row_id: UUID, sealed: Sealed) -> bytes:
        """Decrypt at its place; raises `PersonalDataUnreadable` anywhere else."""
        blob = sealed.blob
        end = 2 + int.from_bytes(blob[1:2])
        cipher = self._ciphers.get(blob[2:end].decode(errors="replace"))
        if blob[:1] != _VERSION or cipher is None or len(blob) < end + _NONCE_BYTES + _TAG_BYTES:
            raise PersonalDataUnreadable(f"{table}.{column}: sealed with a key this installation does not have")
        try:
            nonce, ciphertext = blob[end : end + _NONCE_BYTES], blob[end + _NONCE_BYTES :]
            return cipher.decrypt(nonce, ciphertext, _place(table, column, row_id))
        except InvalidTag:
            raise PersonalDataUnreadable(f"{table}.{column}: the ciphertext does not belong to this row") from None

    def open(self, table: str, column: str, row_id: UUID, sealed: Sealed | None) -> str:
        """Decrypt text; absent values open as the empty string."""
        return "" if sealed is None else self.open_bytes(table, column, row_id, sealed).decode()

    def show(self, table: str, column: str, row_id: UUID, sealed: Sealed | None) -> str:
        """The text for a screen: a value that does not open is said to be so, and the rest of the page still shows."""
        try:
            return self.open(table, column, row_id, sealed)
        except PersonalDataUnreadable:
            return UNREADABLE

    def token(self, kind: str, normalised: str) -> int:
        """A blind-index token: 63 bits of HMAC-SHA256; equal texts of one kind give equal tokens, nothing else is told."""
        digest = hmac.digest(self._index, f"{kind}|{normalised}".encode(), "sha256")
        return int.from_bytes(digest[:8], "big") >> 1

    def email_token(self, email: str) -> int | None:
        normalised = unicodedata.normalize("NFKC", email).strip().casefold()
        return self.token("email", normalised) if normalised else None

    def phone_token(self, phone: str, country: str = "") -> int | None:
        """Token of the number in international form where it can be told, of its digits otherwise."""
        normalised = normalise_phone(phone, country)
        return self.token("phone", normalised) if normalised else None

    def name_tokens(self, name: str) -> list[int]:
        """Tokens of every prefix (2–12 letters) of every word of a name, for prefix search."""
        return [self._name_token(prefix) for prefix in sorted(_prefixes(_words(name)))]

    def name_query_tokens(self, typed: str) -> list[int]:
        """Tokens that all must be present for a typed beginning of one or more words of a name."""
        return [self.token("name", word[: _PREFIX_LETTERS[-1]]) for word in _words(typed) if len(word) >= 2]


def _place(table: str, column: str, row_id: UUID) -> bytes:
    return f"{table}|{column}|{row_id}".encode()


def _words(name: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.findall(r"\w+", plain)


def _prefixes(words: Iterable[str]) -> set[str]:
    return {word[:length] for word in words for length in _PREFIX_LETTERS if len(word) >= length} | {
        word for word in words if len(word) == 1
    }


def normalise_phone(phone: str, country: str = "") -> str:
    """`+491701234567` where the number can be understood (with the country as a hint), else its bare digits."""
    try:
        parsed = phonenumbers.parse(phone, country.upper() or None)
        if phonenumbers.is_possible_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    return "".join(ch for ch in phone if ch.isdigit())


_keyring: Keyring | None = None


def configure(keyring: Keyring) -> None:
    """Set this process's keys; called once at start by `wiring`."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    if _keyring is None:
        raise RuntimeError("personal data keys are not configured; call wiring.start() first")
    return _keyring


class PersonalRow:
    """Mixin for tables with personal data: `write` seals named columns of this row, `read` opens one."""

    personal_columns: ClassVar[tuple[str, ...]] = ()

    def write(self, **texts: str | bytes | None) -> None:
        """Seal each text into the column of that name; the row's id must be set before."""
        table = str(inspect(type(self)).local_table.name)
        for column, text in texts.items():
            if column not in self.personal_columns:
                raise AttributeError(f"{table}.{column} is not a personal data column")
            sealed = None if text is None else keyring().seal(table, column, self.id, text)  # type: ignore[attr-defined]
            setattr(self, column, sealed)

    def show(self, column: str) -> str:
        """The text for a screen, see `Keyring.show`."""
        table = str(inspect(type(self)).local_table.name)
        return keyring().show(table, column, self.id, getattr(self, column))  # type: ignore[attr-defined]

    def read(self, column: str) -> str:
        """The text; raises `PersonalDataUnreadable` when it does not open."""
        table = str(inspect(type(self)).local_table.name)
        return keyring().open(table, column, self.id, getattr(self, column))  # type: ignore[attr-defined]
