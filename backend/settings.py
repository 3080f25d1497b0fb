"""The only reader of the environment: every `HOLDFAST_*` setting, checked once at the start.

A wrong value stops the start with the setting's name, what was wrong and what is allowed. A secret may come from a
file: `HOLDFAST_STRIPE_API_KEY_FILE=/run/secrets/stripe` is read in place of `HOLDFAST_STRIPE_API_KEY`.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from backend import failpoints
from backend.domain import business_hours, hold_clock
from backend.domain.approvals import Limits
from backend.domain.business_hours import BusinessHours
from backend.domain.errors import ConfigurationError, InvalidInput
from backend.domain.production import database_is_here, is_here, is_live_key, points_here

PREFIX = "HOLDFAST_"
PROVIDERS = ("stripe", "razorpay", "invoiceninja", "shipengine", "easypost", "shopify")
"""Those with `…_api_key` and `…_api_base`."""
SHORTEST_LAB_TOKEN = 24


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads `HOLDFAST_X_FILE` for any setting X; a file that cannot be read is a wrong setting, not an absent one."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise ConfigurationError(
                f"{PREFIX}{field_name.upper()}_FILE names a file that cannot be read ({error.strerror}). "
                "Allowed: the path of a readable text file that holds the value."
            ) from error

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self.settings_cls.model_fields:
            value, key, _ = self.get_field_value(None, name)
            if value is not None:
                found[key] = value
        return found


def _secret(description: str) -> Any:
    return Field(default=SecretStr(""), description=description)


class Settings(BaseSettings):
    """Every setting with its default; descriptions are what `docs/settings.md` says."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    # the installation
    home: Path = Field(Path(".holdfast"), description="Data folder: embedded database, generated keys, logs.")
    host: str = Field("127.0.0.1", description="Address the web process binds to.")
    port: int = Field(3000, ge=1, le=65535, description="Port of dashboard and HTTP API.")
    public_url: str = Field("", description="Address people use, when it differs from host and port (behind a proxy).")
    demo: bool = Field(False, description="Demo mode: well-known sign-ins and sample data. Never for a real shop.")
    lab_token: SecretStr = _secret(
        "Opens the failure lab to whoever has it: QA may bring due times forward. Only beside the sandbox on one machine; "
        "any sign of a real shop (a live key, an address elsewhere) stops the start."
    )
    shop_name: str = Field("Holdfast demo shop", max_length=80, description="Name on mails and screens.")
    time_zone: str = Field("UTC", description="IANA zone whose day numbers orders and dates invoices.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    # the desk
    business_hours: str = Field(
        "09:00-17:00", description="When held orders are worked on, in the shop's zone: 09:00-12:30,13:00-17:00."
    )
    business_days: str = Field("mon-fri", description="Days on which they are: mon-fri, or mon,tue,sat.")
    business_holidays: str = Field("", description="Days on which they are not: 2026-12-24, or 12-25 for every year.")
    hold_targets: str = Field(
        "",
        description="Business hours in which a hold should be settled, by category (risk, payment, address, stock, wishes, "
        "delivery, provider, cancellation, staff) or kind: payment=2,out_of_stock=24. Empty: from 4 to 16.",
    )

    # the store
    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL to use instead of the embedded one: postgresql://user:password@host/name.",
    )
    database_pool: int = Field(12, ge=2, le=200, description="Database connections per process.")
    database_seconds: float = Field(
        20.0, ge=0.5, le=600, description="Seconds one statement may take; a database silent for longer is given up."
    )
    redis_url: SecretStr = Field(
        SecretStr(""), description="Redis for job queue and dashboard sessions: redis://host:6379/0. Empty: PostgreSQL."
    )
    encryption_keys: SecretStr = _secret(
        "Keys for personal data, newest first: `id:base64 of 32 bytes`, separated by commas. Generated for the embedded database."
    )
    index_key: SecretStr = _secret(
        "Key of the search tokens beside personal data: base64 of 32 bytes. Generated likewise."
    )

    # the workers
    worker_processes: int = Field(2, ge=1, le=64, description="Worker processes that `holdfast up` starts.")
    worker_threads: int = Field(8, ge=1, le=64, description="Steps one worker process runs at a time.")
    step_deadline: float = Field(20.0, ge=0.5, le=120, description="Seconds one call to a provider may take in all.")
    retry_scale: float = Field(1.0, gt=0, le=10, description="Factor on all pauses between tries.")
    sweep_seconds: float = Field(1.0, ge=0.05, le=60, description="Pause between two looks for due steps.")
    grace_scale: float = Field(
        1.0,
        gt=0,
        le=10,
        description="Factor on how long a provider is given to show what it accepted, before it is asked.",
    )
    failpoints: str = Field(
        "",
        description="Places where processes stumble on purpose, as claim.after_commit=kill:0.2@7. In demo mode only.",
    )

    # orders
    checks: str = Field(
        "address,country,po_box,stock,payment,fraud,tax_id",
        description="Checks made on every new order; also available: note, customisation, sku.",
    )
    served_countries: str = Field("", description="ISO 3166 codes delivered to, separated by commas. Empty: all.")
    default_item_grams: int = Field(500, ge=1, le=1_000_000, description="Weight of an item that comes without one.")
    bulk_limit: int = Field(500, ge=1, le=5000, description="Orders that one bulk action may take in; more is refused.")
    bulk_limit_managers: int = Field(
        2000, ge=1, le=5000, description="The same for managers and administrators, where that is more."
    )
    invoice_series: str = Field("INV", pattern=r"^[A-Z0-9-]{1,12}$", description="Series of invoice numbers.")
    credit_note_series: str = Field("CN", pattern=r"^[A-Z0-9-]{1,12}$", description="Series of credit note numbers.")

    keep_originals_days: int = Field(
        30,
        ge=0,
        le=365,
        description="Days for which requests to providers and their answers are kept with personal data, sealed, for who "
        "asks to see them. 0: not at all.",
    )

    # second person
    refund_limit: str = Field(
        "500,INR:45000,JPY:75000",
        description="What one person may pay back of one order alone; above it a second person decides. Amounts in major "
        "units, for every currency, for one (EUR:500), for a role (finance:2000) or for both (finance:JPY:300000); what "
        "names most counts. 0: every refund takes two. none: one person is always enough.",
    )
    fraud_release: Literal["person", "always"] = Field(
        "person",
        description="Which holds for fraud only two people release: those that a colleague placed, or the shop's own too.",
    )
    approval_hours: int = Field(
        72, ge=1, le=720, description="Hours a request waits for the second person before it expires."
    )

    # mail
    smtp_url: SecretStr = _secret("Mail server: smtp://user:password@host:587?starttls=1 or smtps://…")
    mail_from: str = Field("orders@holdfast.invalid", description="Sender address of every mail.")
    staff_email: str = Field("", description="Where orders and alerts for staff go. Empty: no mail to staff.")
    finance_email: str = Field(
        "", description="Where disputes and odd movements of money are told. Empty: the address of staff."
    )

    # providers
    stripe_api_key: SecretStr = _secret("Stripe secret key.")
    stripe_api_base: str = Field("https://api.stripe.com", description="Stripe address.")
    stripe_webhook_secret: SecretStr = _secret("Signing secrets of the Stripe webhook, newest first, comma-separated.")
    stripe_pay_url: str = Field(
        "", description="Page where a customer pays: may contain {id} and {client_secret} of the payment intent."
    )
    invoiceninja_api_key: SecretStr = _secret("Invoice Ninja API token.")
    invoiceninja_api_base: str = Field("https://invoicing.co", description="Invoice Ninja address.")
    shipengine_api_key: SecretStr = _secret("ShipEngine API key.")
    shipengine_api_base: str = Field("https://api.shipengine.com", description="ShipEngine address.")
    shipengine_carrier_id: str = Field("", description="ShipEngine carrier that labels are bought from.")
    shipengine_service_code: str = Field("", description="Service of that carrier.")
    shipengine_ship_from: str = Field("", description="Sender's address as JSON in ShipEngine's address shape.")
    shopify_api_key: SecretStr = _secret("Shopify Admin API access token.")
    shopify_api_base: str = Field("", description="The shop: https://your-shop.myshopify.com.")
    shopify_webhook_secret: SecretStr = _secret("Shopify app client secrets, newest first, comma-separated.")
    generic_webhook_secret: SecretStr = _secret(
        "Secrets of the generic signed JSON channel, newest first, comma-separated."
    )
    razorpay_api_key: SecretStr = _secret("Razorpay key: key_id:key_secret.")
    razorpay_api_base: str = Field("https://api.razorpay.com", description="Razorpay address.")
    razorpay_webhook_secret: SecretStr = _secret("Secrets of the Razorpay webhook, newest first, comma-separated.")
    razorpay_pay_url: str = Field(
        "",
        description="Page where a customer pays: may contain {id} of Razorpay's order, {key_id}, and {number} of ours.",
    )
    easypost_api_key: SecretStr = _secret("EasyPost API key.")
    easypost_api_base: str = Field("https://api.easypost.com", description="EasyPost address.")
    easypost_webhook_secret: SecretStr = _secret("Secrets of the EasyPost webhook, newest first, comma-separated.")
    easypost_carrier: str = Field("", description="EasyPost carrier that labels are bought from. Empty: the cheapest.")
    easypost_service: str = Field("", description="Service of that carrier. Empty: the cheapest.")
    easypost_ship_from: str = Field(
        "", description="Sender's address, written as for ShipEngine. Empty: that of ShipEngine."
    )
    erp_config: str = Field("", description="JSON file that describes an ERP's invoicing endpoint.")
    erp_api_key: SecretStr = _secret("Secret of the ERP, or a JSON object of several by name.")
    payment_capture: Literal["automatic", "manual"] = Field(
        "automatic",
        description="Money asked from customers: taken at once (automatic), or kept ready by the bank and taken when "
        "nothing holds the order (manual).",
    )
    payment_gateway: Literal["", "stripe", "razorpay"] = Field(
        "", description="Who asks customers for payment. Empty: the one that is configured."
    )
    shipping_provider: Literal["", "shipengine", "easypost"] = Field(
        "", description="Who sells labels. Empty: the one that is configured."
    )
    invoicing_system: Literal["", "invoiceninja", "erp"] = Field(
        "", description="Who issues invoices. Empty: the one that is configured."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @field_validator("database_url")
    @classmethod
    def _database_is_postgres(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("it must start with postgresql://")
        return value

    @field_validator("failpoints")
    @classmethod
    def _failpoints_exist(cls, value: str) -> str:
        failpoints.parse(value)
        return value

    @field_validator("business_hours", "business_days", "business_holidays", "hold_targets")
    @classmethod
    def _desk_can_be_reckoned(cls, value: str, info: ValidationInfo) -> str:
        _DESK_READERS[str(info.field_name)](value)
        return value

    @field_validator("checks")
    @classmethod
    def _checks_exist(cls, value: str) -> str:
        unknown = {name.strip() for name in value.split(",") if name.strip()} - set(CHECK_NAMES)
        if unknown:
            raise ValueError(f"unknown checks {', '.join(sorted(unknown))}; known are {', '.join(CHECK_NAMES)}")
        return value

    @field_validator("refund_limit")
    @classmethod
    def _limits_can_be_read(cls, value: str) -> str:
        try:
            Limits.parse(value)
        except InvalidInput as error:
            raise ValueError(error.sentence) from error
        return value

    @model_validator(mode="after")
    def _keys_for_a_foreign_database(self) -> "Settings":
        if self.database_url.get_secret_value() and not (
            self.encryption_keys.get_secret_value() and self.index_key.get_secret_value()
        ):
            raise ValueError(
                "HOLDFAST_ENCRYPTION_KEYS and HOLDFAST_INDEX_KEY must be set when HOLDFAST_DATABASE_URL is; "
                "`holdfast keys` prints fresh ones"
            )
        return self

    @model_validator(mode="after")
    def _only_play_is_broken_on_purpose(self) -> "Settings":
        for name, broken in (("FAILPOINTS", bool(self.failpoints)), ("GRACE_SCALE", self.grace_scale < 1)):
            if broken and not self.demo:
                raise ValueError(
                    f"HOLDFAST_{name} would put orders at risk, and this is not a demo. Take it away; "
                    "where nothing real is at stake, set HOLDFAST_DEMO=true beside it"
                )
        return self

    @model_validator(mode="after")
    def _no_live_key_for_the_sandbox(self) -> "Settings":
        for provider in PROVIDERS:
            if points_here(self._base_of(provider)) and is_live_key(provider, self._key_of(provider)):
                name = f"{PREFIX}{provider.upper()}"
                raise ValueError(
                    f"{name}_API_BASE points at this machine, as the sandbox's address does, but {name}_API_KEY is a "
                    "live key. Use the provider's own address, or a test key"
                )
        return self

    @model_validator(mode="after")
    def _lab_only_for_practice(self) -> "Settings":
        token = self.lab_token.get_secret_value()
        if not token:
            return self
        name = f"{PREFIX}LAB_TOKEN"
        if len(token) < SHORTEST_LAB_TOKEN:
            raise ValueError(f"{name} must have at least {SHORTEST_LAB_TOKEN} characters")
        if signs := self._signs_of_a_real_shop():
            raise ValueError(f"{name} opens the failure lab, which is never for a real shop, but {'; '.join(signs)}")
        return self

    def _signs_of_a_real_shop(self) -> list[str]:
        """Everything that is not this machine or not practice, each as half a sentence."""
        signs = []
        if not is_here(self.host):
            signs.append(f"{PREFIX}HOST is not a loopback address")
        if self.public_url and not points_here(self.public_url):
            signs.append(f"{PREFIX}PUBLIC_URL leads elsewhere")
        if not database_is_here(self.database_url.get_secret_value()):
            signs.append(f"{PREFIX}DATABASE_URL is a database elsewhere")
        for provider in PROVIDERS:
            key, name = self._key_of(provider), f"{PREFIX}{provider.upper()}"
            if is_live_key(provider, key):
                signs.append(f"{name}_API_KEY is a live key")
            elif key and not points_here(self._base_of(provider)):
                signs.append(f"{name}_API_BASE is not the sandbox's")
        if self.smtp_url.get_secret_value() and not points_here(self.smtp_url.get_secret_value()):
            signs.append(f"{PREFIX}SMTP_URL is not the sandbox's")
        if self.erp_config:
            signs.append(f"{PREFIX}ERP_CONFIG connects an ERP")
        return signs

    def _key_of(self, provider: str) -> str:
        key: SecretStr = getattr(self, f"{provider}_api_key")
        return key.get_secret_value()

    def _base_of(self, provider: str) -> str:
        return str(getattr(self, f"{provider}_api_base"))

    @property
    def lab_is_open(self) -> bool:
        """Whether due times may be moved: a token is set, and the sandbox plays at least one provider."""
        played = any(self._key_of(name) and points_here(self._base_of(name)) for name in PROVIDERS)
        return bool(self.lab_token.get_secret_value()) and played

    @property
    def origin(self) -> str:
        """The address of dashboard and API as people type it, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def calendar(self) -> BusinessHours:
        """When the desk is staffed."""
        return business_hours.read(self.time_zone, self.business_days, self.business_hours, self.business_holidays)

    @property
    def check_names(self) -> frozenset[str]:
        return frozenset(name.strip() for name in self.checks.split(",") if name.strip())

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(code.strip().upper() for code in self.served_countries.split(",") if code.strip())


_DESK_READERS: dict[str, Callable[[str], object]] = {
    "business_hours": business_hours.read_hours,
    "business_days": business_hours.read_days,
    "business_holidays": business_hours.read_holidays,
    "hold_targets": hold_clock.read_targets,
}
CHECK_NAMES = ("address", "country", "po_box", "stock", "payment", "fraud", "tax_id", "note", "customisation", "sku")


def secrets_of(value: SecretStr) -> tuple[str, ...]:
    """The secrets in a comma-separated setting, newest first; during a rotation more than one is valid."""
    return tuple(part.strip() for part in value.get_secret_value().split(",") if part.strip())


def load() -> Settings:
    """Read and check the environment; raises `ConfigurationError` that names each wrong setting."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(_explain(item) for item in error.errors())) from error


@functools.cache
def current() -> Settings:
    """The settings of this process, read once."""
    return load()


def _explain(item: Any) -> str:
    field = str(item["loc"][0]) if item["loc"] else ""
    if not field:
        return str(item["msg"]).removeprefix("Value error, ") + "."
    described = Settings.model_fields[field]
    shown = "(hidden)" if isinstance(described.default, SecretStr) else repr(item.get("input"))
    return f"{PREFIX}{field.upper()} is {shown}: {item['msg']}. Expected: {described.description}"
