"""Settings → adapters: the only place that chooses who does what, and what a process needs before it works."""

import functools
import importlib
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backend import failpoints, settings
from backend.domain.errors import ConfigurationError
from backend.domain.providers import provider_name
from backend.integrations.easypost.client import EasyPost
from backend.integrations.easypost.tracking import EasyPostTracking
from backend.integrations.erp import config as erp
from backend.integrations.erp.client import ErpSystem
from backend.integrations.generic.channel import SCHEMA_FILE as ORDER_SCHEMA
from backend.integrations.generic.channel import GenericChannel
from backend.integrations.invoiceninja.client import InvoiceNinja
from backend.integrations.razorpay.client import RazorpayGateway
from backend.integrations.razorpay.events import RazorpayEvents
from backend.integrations.shipengine.client import ShipEngine
from backend.integrations.shipengine.tracking import ShipEngineTracking
from backend.integrations.shopify.channel import ShopifyChannel
from backend.integrations.shopify.fulfilment import ShopifyFulfilment
from backend.integrations.shopify.gateway import ShopifyGateway
from backend.integrations.smtp.mailer import SmtpMailer
from backend.integrations.stripe.client import StripeGateway
from backend.integrations.stripe.events import StripeEvents
from backend.ports.channels import FulfilmentReceiver, OrderChannel
from backend.ports.invoicing import InvoicingSystem
from backend.ports.payments import PaymentEvents, PaymentGateway
from backend.ports.registry import Adapters
from backend.ports.shipping import PostalAddress, ShippingProvider, TrackingEvents
from backend.settings import PREFIX, Settings, secrets_of
from backend.store import db, links, personal
from backend.store.links import PatientConnection, PatientListener

WAKER = "jobs.steps"
"""Where `wake(step_ids)` lives. Named, not imported: the back end must not depend on the job queue (ADR 0003)."""


NEWS_SECONDS = 8.0
"""What is asked on the line for news is so small that a server which takes longer is taken for gone."""


def start(role: str) -> None:
    """Prepare this process: logs, database, keys, and whom to wake after a commit. Raises `ConfigurationError`."""
    config = settings.current()
    start_logging(config, role)
    failpoints.arm(config.failpoints)
    url = config.database_url.get_secret_value()
    if not url:
        raise ConfigurationError(
            "HOLDFAST_DATABASE_URL is not set. `holdfast up` starts the embedded database by itself; "
            "for a process of its own, name a PostgreSQL: postgresql://user:password@host/name."
        )
    db.configure(url, pool=config.database_pool, seconds=config.database_seconds)
    personal.configure(
        personal.Keyring.parse(config.encryption_keys.get_secret_value(), config.index_key.get_secret_value())
    )
    db.set_waker(importlib.import_module(WAKER).wake)


def start_logging(config: Settings, role: str) -> None:
    """One line per event on standard error, in UTC; nothing personal or secret is ever logged."""
    logging.basicConfig(
        stream=sys.stderr,
        level=config.log_level.upper(),
        format=f"%(asctime)sZ {role} %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
        force=True,
    )
    logging.Formatter.converter = time.gmtime
    for chatty in ("httpx", "httpcore", "huey", "faker"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def queue_connection() -> PatientConnection:
    """A connection for the job queue. A wake-up may be lost in a crash of the server, so nobody waits for the disk."""
    config = settings.current()
    return links.connect(
        conninfo=db.dsn(config.database_url.get_secret_value()),
        seconds=config.database_seconds,
        settings="-c synchronous_commit=off",
    )


async def news_line() -> PatientListener:
    """A connection on which the dashboard listens for news of orders; one that is dead is soon noticed."""
    config = settings.current()
    address = db.dsn(config.database_url.get_secret_value())
    return await links.listener(address, seconds=min(config.database_seconds, NEWS_SECONDS))


@functools.cache
def published_order_schema() -> dict[str, Any]:
    """The JSON Schema of the generic channel's orders, for those who connect a shop of their own."""
    schema: dict[str, Any] = json.loads(ORDER_SCHEMA.read_text(encoding="utf-8"))
    return schema


@functools.cache
def adapters() -> Adapters:
    """What this installation is connected to, built once per process: a provider without its key is off."""
    return build(settings.current())


def build(config: Settings) -> Adapters:
    """The adapters that these settings switch on; raises `ConfigurationError` where one of several must be chosen."""
    channels: dict[str, OrderChannel] = {}
    receivers: dict[str, FulfilmentReceiver] = {}
    gateways = _gateways(config)
    asking = [name for name in ("stripe", "razorpay") if name in gateways]
    if shopify_secrets := secrets_of(config.shopify_webhook_secret):
        channels["shopify"] = ShopifyChannel(webhook_secrets=shopify_secrets)
    if shopify_key := config.shopify_api_key.get_secret_value():
        receivers["shopify"] = ShopifyFulfilment(access_token=shopify_key, api_base=config.shopify_api_base)
    if generic_secrets := secrets_of(config.generic_webhook_secret):
        channels["generic"] = GenericChannel(secrets=generic_secrets)
    return Adapters(
        gateways=gateways,
        payment_events=_payment_events(config),
        default_gateway=_chosen("payment_gateway", config.payment_gateway, asking),
        invoicing=_invoicing(config),
        shipping=_shipping(config),
        tracking_events=_tracking_events(config),
        channels=channels,
        fulfilment_receivers=receivers,
        mailer=_mailer(config),
    )


def _chosen(setting: str, wanted: str, connected: Sequence[str]) -> str:
    """The one that the setting names, else the only one there is; empty where there is none."""
    name = f"{PREFIX}{setting.upper()}"
    if wanted and wanted not in connected:
        raise ConfigurationError(f"{name} is {wanted!r}, but {provider_name(wanted)} is not configured.")
    if not wanted and len(connected) > 1:
        raise ConfigurationError(f"{name} must say which one is meant: {' or '.join(connected)}. Both are configured.")
    return wanted or next(iter(connected), "")


def _gateways(config: Settings) -> dict[str, PaymentGateway]:
    found: dict[str, PaymentGateway] = {}
    if key := config.stripe_api_key.get_secret_value():
        found["stripe"] = StripeGateway(
            api_key=key, pay_url_template=config.stripe_pay_url, api_base=config.stripe_api_base
        )
    if key := config.razorpay_api_key.get_secret_value():
        found["razorpay"] = RazorpayGateway(
            api_key=key, pay_url_template=config.razorpay_pay_url, api_base=config.razorpay_api_base
        )
    if key := config.shopify_api_key.get_secret_value():
        found["shopify"] = ShopifyGateway(access_token=key, api_base=config.shopify_api_base)
    return found


def _payment_events(config: Settings) -> dict[str, PaymentEvents]:
    found: dict[str, PaymentEvents] = {}
    if secrets := secrets_of(config.stripe_webhook_secret):
        found["stripe"] = StripeEvents(webhook_secrets=secrets)
    if secrets := secrets_of(config.razorpay_webhook_secret):
        found["razorpay"] = RazorpayEvents(webhook_secrets=secrets)
    return found


def _tracking_events(config: Settings) -> dict[str, TrackingEvents]:
    found: dict[str, TrackingEvents] = {}
    if config.shipengine_api_key.get_secret_value():
        found["shipengine"] = ShipEngineTracking(jwks_url=f"{config.shipengine_api_base.rstrip('/')}/jwks")
    if secrets := secrets_of(config.easypost_webhook_secret):
        found["easypost"] = EasyPostTracking(webhook_secrets=secrets)
    return found


def _invoicing(config: Settings) -> InvoicingSystem | None:
    key = config.invoiceninja_api_key.get_secret_value()
    connected = [name for name, there in (("invoiceninja", key), ("erp", config.erp_config)) if there]
    match _chosen("invoicing_system", config.invoicing_system, connected):
        case "invoiceninja":
            return InvoiceNinja(api_token=key, api_base=config.invoiceninja_api_base)
        case "erp":
            return ErpSystem(erp.load(Path(config.erp_config), config.erp_api_key.get_secret_value()))
    return None


def _shipping(config: Settings) -> ShippingProvider | None:
    keys = {
        "shipengine": config.shipengine_api_key.get_secret_value(),
        "easypost": config.easypost_api_key.get_secret_value(),
    }
    chosen = _chosen("shipping_provider", config.shipping_provider, [name for name, key in keys.items() if key])
    if chosen == "shipengine":
        return ShipEngine(
            api_key=keys[chosen],
            api_base=config.shipengine_api_base,
            carrier_id=config.shipengine_carrier_id,
            service_code=config.shipengine_service_code,
            ship_from=_ship_from("shipengine_ship_from", config.shipengine_ship_from),
        )
    if chosen == "easypost":
        own = config.easypost_ship_from
        return EasyPost(
            api_key=keys[chosen],
            api_base=config.easypost_api_base,
            carrier=config.easypost_carrier,
            service=config.easypost_service,
            ship_from=_ship_from("easypost_ship_from", own or config.shipengine_ship_from),
        )
    return None


def _ship_from(setting: str, address: str) -> PostalAddress:
    """The warehouse, from JSON in ShipEngine's own address shape."""
    try:
        given = json.loads(address)
        return PostalAddress(
            name=str(given["name"]),
            company=str(given.get("company_name", "")),
            line1=str(given["address_line1"]),
            line2=str(given.get("address_line2", "")),
            city=str(given["city_locality"]),
            postal_code=str(given["postal_code"]),
            province=str(given.get("state_province", "")),
            country=str(given["country_code"]),
            phone=str(given.get("phone", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{PREFIX}{setting.upper()} must be the warehouse's address as a JSON object with name, address_line1, "
            "city_locality, postal_code and country_code."
        ) from error


def _mailer(config: Settings) -> SmtpMailer | None:
    url = config.smtp_url.get_secret_value()
    return SmtpMailer(url=url, sender=config.mail_from, sender_name=config.shop_name) if url else None
