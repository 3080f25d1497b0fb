"""ShipEngine's public keys: fetched from its JWKS address, kept, and fetched anew for a key id that is not known."""

import base64
import binascii
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from backend import clock
from backend.integrations.http import ProviderClient
from backend.integrations.reading import objects, text
from backend.integrations.shipengine.errors import PROVIDER
from backend.ports.calls import Call, CannotVerify, ProviderError

FETCH_SECONDS = 2.0
REFETCH_AFTER = 60.0
TRY_AGAIN_AFTER = 2.0
SMALLEST_KEY = 2048


class KeySet:
    """Public keys by id. Whatever ids senders make up, the address is asked at most once a minute."""

    def __init__(self, jwks_url: str, transport: httpx.BaseTransport | None = None) -> None:
        parts = urlsplit(jwks_url)
        self._path = parts.path or "/"
        self._http = ProviderClient(
            PROVIDER, f"{parts.scheme}://{parts.netloc}", headers={}, max_connections=1, transport=transport
        )
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched: float | None = None
        self._out_of_reach = False
        self._lock = threading.Lock()

    def get(self, key_id: str) -> RSAPublicKey | None:
        """None for a key that is not published; raises `CannotVerify` while the published keys are out of reach."""
        with self._lock:
            if key_id not in self._keys and self._may_fetch():
                self._fetch()
            if key_id not in self._keys and self._out_of_reach:
                raise CannotVerify("ShipEngine's public keys cannot be fetched")
            return self._keys.get(key_id)

    def _may_fetch(self) -> bool:
        pause = TRY_AGAIN_AFTER if self._out_of_reach else REFETCH_AFTER
        return self._fetched is None or clock.monotonic() - self._fetched >= pause

    def _fetch(self) -> None:
        self._fetched = clock.monotonic()
        try:
            answer = self._http.request(Call("", self._fetched + FETCH_SECONDS), "GET", self._path).json
        except ProviderError:
            self._out_of_reach = True
            return
        self._out_of_reach = False
        found = {text(row, "kid"): _public_key(row) for row in objects(answer, "keys") if text(row, "kty") == "RSA"}
        self._keys = {key_id: key for key_id, key in found.items() if key_id and key is not None} or self._keys


def _public_key(row: dict[str, Any]) -> RSAPublicKey | None:
    """The key of a JWK; None when it is malformed or too small to be trusted."""
    try:
        key = RSAPublicNumbers(_number(text(row, "e")), _number(text(row, "n"))).public_key()
    except (ValueError, binascii.Error):
        return None
    return key if key.key_size >= SMALLEST_KEY else None


def _number(encoded: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), "big")
