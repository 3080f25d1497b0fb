"""What the sandbox has to be told before it starts; a wrong or missing value stops the start with a sentence."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """A setting is missing or wrong; the message names it and says what is allowed."""


@dataclass(frozen=True)
class SandboxConfig:
    """Settings of one sandbox. Keys and secrets are those which Holdfast is configured with on its side.

    `pace` multiplies every delay of later events (1.0: seconds to half a minute; 0.01: fast tests).
    `trouble_rate` is the share of trickled orders that meet trouble, `generic_share` the share of those that come
    through the shop's own web shop in the generic order schema. `first_serial` is the serial number of the
    first order placed live, so that loaded history (serials from 0) never collides with it. Razorpay and EasyPost are
    played when they are given both a key and a webhook secret. With the `lab_token` that Holdfast knows, the failure
    lab's page may bring Holdfast's due times forward.
    """

    home: Path
    stripe_api_key: str
    stripe_webhook_secret: str
    invoiceninja_api_key: str
    shipengine_api_key: str
    shopify_api_key: str
    shopify_webhook_secret: str
    generic_webhook_secret: str
    host: str = "127.0.0.1"
    port: int = 3090
    smtp_port: int = 3025
    holdfast_url: str = "http://127.0.0.1:3000"
    seed: int = 1
    orders_per_minute: float = 0.0
    trouble_rate: float = 0.25
    pace: float = 1.0
    auto_pay: bool = True
    first_serial: int = 50_000
    generic_share: float = 0.1
    razorpay_api_key: str = ""
    razorpay_webhook_secret: str = ""
    easypost_api_key: str = ""
    easypost_webhook_secret: str = ""
    lab_token: str = ""

    def __post_init__(self) -> None:
        """Refuse what could harm: a public address, a bad URL, numbers out of range, an empty secret."""
        if not _is_loopback(self.host):
            raise ConfigError(f"SANDBOX_HOST is {self.host!r}; the sandbox binds to loopback only, e.g. 127.0.0.1.")
        url = urlsplit(self.holdfast_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigError(f"SANDBOX_HOLDFAST_URL is {self.holdfast_url!r}; it must be an http(s) address.")
        if self.lab_token and not _is_loopback(url.hostname):
            raise ConfigError(
                f"SANDBOX_LAB_TOKEN is set, but SANDBOX_HOLDFAST_URL is {self.holdfast_url!r}; the failure lab moves the "
                "clock of a Holdfast on this machine only, e.g. http://127.0.0.1:3000."
            )
        self._check_numbers()
        for provider in ("razorpay", "easypost"):
            given = [bool(getattr(self, f"{provider}_{name}")) for name in ("api_key", "webhook_secret")]
            if any(given) and not all(given):
                raise ConfigError(
                    f"SANDBOX_{provider.upper()}_API_KEY and _WEBHOOK_SECRET must be given both or neither."
                )
        for name in SECRETS:
            if not getattr(self, name):
                raise ConfigError(f"SANDBOX_{name.upper()} is missing; set it to the same value that Holdfast uses.")

    def _check_numbers(self) -> None:
        for name in ("port", "smtp_port"):
            if not 0 < getattr(self, name) < 65536:
                raise ConfigError(f"SANDBOX_{name.upper()} is {getattr(self, name)}; it must be between 1 and 65535.")
        for name in ("trouble_rate", "generic_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"SANDBOX_{name.upper()} is {getattr(self, name)}; it must be between 0 and 1.")
        for name in ("pace", "orders_per_minute"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ConfigError(f"SANDBOX_{name.upper()} is {getattr(self, name)}; it must not be negative.")

    def plays(self, provider: str) -> bool:
        """Is this one of the second providers, `razorpay` or `easypost`, played here?"""
        return all(getattr(self, f"{provider}_{name}") for name in ("api_key", "webhook_secret"))

    @property
    def url(self) -> str:
        """Where the sandbox itself is reached, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "SandboxConfig":
        """Read `SANDBOX_*`; raises ConfigError with a clear sentence."""
        env = os.environ if environ is None else environ
        home = env.get("SANDBOX_HOME", "")
        if not home:
            raise ConfigError("SANDBOX_HOME is missing; set it to the folder that keeps the sandbox's state.")
        given: dict[str, object] = {
            name: env.get(f"SANDBOX_{name.upper()}", "") for name in (*SECRETS, *OPTIONAL_SECRETS)
        }
        for name, kind in (("host", str), ("holdfast_url", str), *NUMBERS):
            if raw := env.get(f"SANDBOX_{name.upper()}"):
                given[name] = _convert(name, raw, kind)
        if raw := env.get("SANDBOX_AUTO_PAY"):
            given["auto_pay"] = raw.strip().lower() in ("1", "true", "yes", "on")
        return cls(home=Path(home), **given)  # type: ignore[arg-type]


SECRETS = (
    "stripe_api_key",
    "stripe_webhook_secret",
    "invoiceninja_api_key",
    "shipengine_api_key",
    "shopify_api_key",
    "shopify_webhook_secret",
    "generic_webhook_secret",
)
OPTIONAL_SECRETS = (
    "razorpay_api_key",
    "razorpay_webhook_secret",
    "easypost_api_key",
    "easypost_webhook_secret",
    "lab_token",
)
NUMBERS: tuple[tuple[str, type], ...] = (
    ("port", int),
    ("smtp_port", int),
    ("seed", int),
    ("first_serial", int),
    ("orders_per_minute", float),
    ("trouble_rate", float),
    ("generic_share", float),
    ("pace", float),
)


def _convert(name: str, raw: str, kind: type) -> object:
    try:
        return kind(raw)
    except ValueError:
        raise ConfigError(f"SANDBOX_{name.upper()} is {raw!r}; it must be a number.") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
