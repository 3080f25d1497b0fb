"""Identifiers in each provider's look, the same again for the same seed and sequence."""

import hashlib
import string

from backend.sandbox.store import Store

ALPHANUMERIC = string.digits + string.ascii_letters
LETTERS = string.ascii_letters


class Ids:
    """Makes identifiers from a seed and a counter per prefix, so that a rerun gives the same ones."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._seed = seed

    def text(self, prefix: str, length: int = 24, alphabet: str = ALPHANUMERIC) -> str:
        """`prefix` and `length` characters, e.g. `pi_3nB…`."""
        serial = self._store.next_number(f"id:{prefix}")
        value = int.from_bytes(hashlib.sha512(f"{self._seed}:{prefix}:{serial}".encode()).digest(), "big")
        characters = []
        for _ in range(length):
            value, index = divmod(value, len(alphabet))
            characters.append(alphabet[index])
        return prefix + "".join(characters)

    def number(self, name: str, first: int) -> int:
        """A rising whole number, as Shopify's 64-bit ids."""
        return self._store.next_number(f"id:{name}", first)

    def uuid(self, name: str) -> str:
        """A UUID in text form."""
        serial = self._store.next_number(f"id:{name}")
        digest = hashlib.sha256(f"{self._seed}:{name}:{serial}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
