"""ShipEngine's webhook signature: RSA-SHA256 over `<timestamp>.<raw body>`, public keys published as a JWKS."""

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from backend.sandbox import clock

KEY_BITS = 2048
PUBLIC_EXPONENT = 65537


class Signer:
    """Holds the sandbox's own key pair, made at the first start and kept in its folder."""

    def __init__(self, home: Path) -> None:
        self._key = _load(home / "shipengine-webhook-key.pem")
        numbers = self._key.public_key().public_numbers()
        modulus = numbers.n.to_bytes(KEY_BITS // 8, "big")
        self.key_id = hashlib.sha256(modulus).hexdigest()[:32]
        self.jwks = {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": self.key_id,
                    "n": _base64url(modulus),
                    "e": _base64url(numbers.e.to_bytes(3, "big")),
                }
            ]
        }

    def sign(self, raw: bytes) -> dict[str, str]:
        """The three signature headers for a raw body."""
        stamp = clock.iso()
        signature = self._key.sign(f"{stamp}.".encode() + raw, padding.PKCS1v15(), hashes.SHA256())
        return {
            "x-shipengine-rsa-sha256-key-id": self.key_id,
            "x-shipengine-rsa-sha256-signature": base64.b64encode(signature).decode(),
            "x-shipengine-timestamp": stamp,
        }


def _load(path: Path) -> rsa.RSAPrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    key = rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.touch(mode=0o600)
    path.write_bytes(pem)
    return key


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
