"""How the sandbox and Holdfast are introduced to each other: secrets made once, and the providers that it plays.

The sandbox plays only what nobody has configured: a provider whose key is set stays the real one.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from backend.domain.production import points_here
from backend.installation.addresses import free_port
from backend.installation.home import Home, write_private
from backend.settings import Settings

SECRETS = (
    ("stripe_api_key", "sk_test_"),
    ("stripe_webhook_secret", "whsec_"),
    ("invoiceninja_api_key", ""),
    ("shipengine_api_key", "TEST_"),
    ("shopify_api_key", "shpat_"),
    ("shopify_webhook_secret", ""),
    ("generic_webhook_secret", ""),
    ("razorpay_api_key", "rzp_test_practice:"),
    ("razorpay_webhook_secret", ""),
    ("easypost_api_key", "EZTK"),
    ("easypost_webhook_secret", ""),
    ("lab_token", "hf_lab_"),
)
"""Names of the secrets, with how the provider's own ones begin."""
_WAREHOUSE = {
    "name": "Holdfast demo shop",
    "phone": "+49 30 5550100",
    "address_line1": "Lagerstraße 12",
    "city_locality": "Berlin",
    "state_province": "BE",
    "postal_code": "10115",
    "country_code": "DE",
    "address_residential_indicator": "no",
}


@dataclass(frozen=True)
class Practice:
    """A sandbox on this machine: `url` is its address without a trailing slash, `secrets` are by setting name."""

    home: Home
    port: int
    smtp_port: int
    secrets: dict[str, str]

    @classmethod
    def of(cls, home: Home, *, not_these: frozenset[int] = frozenset()) -> "Practice":
        """The sandbox of this data folder, on free ports near its usual ones."""
        port = free_port(3090, not_these=not_these)
        smtp_port = free_port(3025, not_these=not_these | {port})
        return cls.at(home, port, smtp_port)

    @classmethod
    def at(cls, home: Home, port: int, smtp_port: int) -> "Practice":
        """The sandbox of this data folder, on known ports."""
        return cls(home, port, smtp_port, _kept_or_made(home))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mails(self) -> str:
        return f"{self.url}/mails"

    @property
    def lab(self) -> str:
        return f"{self.url}/lab"

    def own_environment(self, settings: Settings, *, orders_per_minute: float) -> dict[str, str]:
        """What the sandbox process is told; it shares the webhook secrets that Holdfast really uses."""
        shared = {
            "stripe_webhook_secret": settings.stripe_webhook_secret,
            "shopify_webhook_secret": settings.shopify_webhook_secret,
            "generic_webhook_secret": settings.generic_webhook_secret,
            "razorpay_webhook_secret": settings.razorpay_webhook_secret,
            "easypost_webhook_secret": settings.easypost_webhook_secret,
        }
        known = dict(self.secrets)
        for name, value in shared.items():
            if newest := value.get_secret_value().split(",")[0].strip():
                known[name] = newest
        if not points_here(settings.origin):
            del known["lab_token"]
        return {f"SANDBOX_{name.upper()}": value for name, value in known.items()} | {
            "SANDBOX_HOME": str(self.home.sandbox),
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_SMTP_PORT": str(self.smtp_port),
            "SANDBOX_HOLDFAST_URL": settings.origin,
            "SANDBOX_ORDERS_PER_MINUTE": f"{orders_per_minute:g}",
        }

    def settings_for_holdfast(self, given: Settings) -> dict[str, str]:
        """`HOLDFAST_*` values that point every provider nobody has configured at the sandbox.

        Razorpay and EasyPost are played for those who chose them.
        """
        values: dict[str, str] = {}
        chosen = {given.payment_gateway: self._razorpay(), given.shipping_provider: self._easypost()}
        second = {name: facts for name, facts in chosen.items() if name in ("razorpay", "easypost")}
        for provider, facts in (self._providers() | second).items():
            if not getattr(given, f"{provider}_api_key").get_secret_value():
                values |= {f"HOLDFAST_{name.upper()}": value for name, value in facts.items()}
        if not given.generic_webhook_secret.get_secret_value():
            values["HOLDFAST_GENERIC_WEBHOOK_SECRET"] = self.secrets["generic_webhook_secret"]
        if not given.smtp_url.get_secret_value():
            values["HOLDFAST_SMTP_URL"] = f"smtp://127.0.0.1:{self.smtp_port}"
            if not given.staff_email:
                values["HOLDFAST_STAFF_EMAIL"] = "team@holdfast.invalid"
        return values

    def lab_settings(self) -> dict[str, str]:
        """What opens the failure lab to this sandbox; refused by the settings where there is a sign of a real shop."""
        return {"HOLDFAST_LAB_TOKEN": self.secrets["lab_token"]}

    def _razorpay(self) -> dict[str, str]:
        return {name: self.secrets[name] for name in ("razorpay_api_key", "razorpay_webhook_secret")} | {
            "razorpay_api_base": f"{self.url}/razorpay",
            "razorpay_pay_url": f"{self.url}/razorpay/pay/{{id}}",
        }

    def _easypost(self) -> dict[str, str]:
        return {name: self.secrets[name] for name in ("easypost_api_key", "easypost_webhook_secret")} | {
            "easypost_api_base": f"{self.url}/easypost",
            "easypost_ship_from": json.dumps(_WAREHOUSE, ensure_ascii=False),
        }

    def _providers(self) -> dict[str, dict[str, str]]:
        def named(*names: str) -> dict[str, str]:
            return {name: self.secrets[name] for name in names}

        return {
            "stripe": named("stripe_api_key", "stripe_webhook_secret")
            | {"stripe_api_base": f"{self.url}/stripe", "stripe_pay_url": f"{self.url}/stripe/pay/{{id}}"},
            "invoiceninja": named("invoiceninja_api_key") | {"invoiceninja_api_base": f"{self.url}/invoiceninja"},
            "shipengine": named("shipengine_api_key")
            | {
                "shipengine_api_base": f"{self.url}/shipengine",
                "shipengine_carrier_id": "se-100001",
                "shipengine_service_code": "ups_standard",
                "shipengine_ship_from": json.dumps(_WAREHOUSE, ensure_ascii=False),
            },
            "shopify": named("shopify_api_key", "shopify_webhook_secret") | {"shopify_api_base": f"{self.url}/shopify"},
        }


def _kept_or_made(home: Home) -> dict[str, str]:
    """The sandbox's secrets; they stay the same over restarts, because what it keeps was made under them."""
    home.sandbox.mkdir(exist_ok=True)
    path = home.sandbox / "secrets.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    kept = {name: str(found.get(name) or prefix + secrets.token_hex(16)) for name, prefix in SECRETS}
    if kept != found:
        write_private(path, kept)
    return kept
