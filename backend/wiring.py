"""Settings → adapters: the only place that chooses who does what, and what a process needs before it works."""

import functools
import importlib
import json
import logging
import sys
import time
from typing import Any

from backend import settings
from backend.domain.errors import ConfigurationError
from backend.integrations.generic.channel import SCHEMA_FILE as ORDER_SCHEMA
from backend.integrations.generic.channel import GenericChannel
from backend.integrations.invoiceninja.client import InvoiceNinja
from backend.integrations.shipengine.client import ShipEngine
from backend.integrations.shipengine.tracking import ShipEngineTracking
from backend.integrations.shopify.channel import ShopifyChannel
from backend.integrations.shopify.fulfilment import ShopifyFulfilment
from backend.integrations.shopify.gateway import ShopifyGateway
from backend.integrations.smtp.mailer import SmtpMailer
from backend.integrations.stripe.client import StripeGateway
from backend.integrations.stripe.events import StripeEvents
from backend.ports.channels import FulfilmentReceiver, OrderChannel
from backend.ports.payments import PaymentEvents, PaymentGateway
from backend.ports.registry import Adapters
from backend.ports.shipping import PostalAddress, TrackingEvents
from backend.settings import Settings, secrets_of
from backend.store import db, personal

WAKER = "jobs.steps"
"""Where `wake(step_ids)` lives. Named, not imported: the back end must not depend on the job queue (ADR 0003)."""


def start(role: str) -> None:
    """Prepare this process: logs, database, keys, and whom to wake after a commit. Raises `ConfigurationError`."""
    config = settings.current()
    start_logging(config, role)
    url = config.database_url.get_secret_value()
    if not url:
        raise ConfigurationError(
            "HOLDFAST_DATABASE_URL is not set. `holdfast up` starts the embedded database by itself; "
            "for a process of its own, name a PostgreSQL: postgresql://user:password@host/name."
        )
    db.configure(url, pool=config.database_pool)
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


def listen_dsn() -> str:
    """Where the dashboard listens for news of orders."""
    return db.dsn(settings.current().database_url.get_secret_value())


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
    """The adapters that these settings switch on."""
    gateways: dict[str, PaymentGateway] = {}
    payment_events: dict[str, PaymentEvents] = {}
    tracking_events: dict[str, TrackingEvents] = {}
    channels: dict[str, OrderChannel] = {}
    receivers: dict[str, FulfilmentReceiver] = {}
    if stripe_key := config.stripe_api_key.get_secret_value():
        gateways["stripe"] = StripeGateway(
            api_key=stripe_key, pay_url_template=config.stripe_pay_url, api_base=config.stripe_api_base
        )
    if stripe_secrets := secrets_of(config.stripe_webhook_secret):
        payment_events["stripe"] = StripeEvents(webhook_secrets=stripe_secrets)
    if shopify_secrets := secrets_of(config.shopify_webhook_secret):
        channels["shopify"] = ShopifyChannel(webhook_secrets=shopify_secrets)
    if shopify_key := config.shopify_api_key.get_secret_value():
        gateways["shopify"] = ShopifyGateway(access_token=shopify_key, api_base=config.shopify_api_base)
        receivers["shopify"] = ShopifyFulfilment(access_token=shopify_key, api_base=config.shopify_api_base)
    if generic_secrets := secrets_of(config.generic_webhook_secret):
        channels["generic"] = GenericChannel(secrets=generic_secrets)
    if config.shipengine_api_key.get_secret_value():
        tracking_events["shipengine"] = ShipEngineTracking(jwks_url=f"{config.shipengine_api_base.rstrip('/')}/jwks")
    return Adapters(
        gateways=gateways,
        payment_events=payment_events,
        default_gateway="stripe",
        invoicing=_invoicing(config),
        shipping=_shipping(config),
        tracking_events=tracking_events,
        channels=channels,
        fulfilment_receivers=receivers,
        mailer=_mailer(config),
    )


def _invoicing(config: Settings) -> InvoiceNinja | None:
    key = config.invoiceninja_api_key.get_secret_value()
    return InvoiceNinja(api_token=key, api_base=config.invoiceninja_api_base) if key else None


def _shipping(config: Settings) -> ShipEngine | None:
    key = config.shipengine_api_key.get_secret_value()
    if not key:
        return None
    return ShipEngine(
        api_key=key,
        api_base=config.shipengine_api_base,
        carrier_id=config.shipengine_carrier_id,
        service_code=config.shipengine_service_code,
        ship_from=_ship_from(config),
    )


def _ship_from(config: Settings) -> PostalAddress:
    """The warehouse, from JSON in ShipEngine's own address shape."""
    try:
        given = json.loads(config.shipengine_ship_from)
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
            "HOLDFAST_SHIPENGINE_SHIP_FROM must be the warehouse's address as a JSON object with name, address_line1, "
            "city_locality, postal_code and country_code."
        ) from error


def _mailer(config: Settings) -> SmtpMailer | None:
    url = config.smtp_url.get_secret_value()
    return SmtpMailer(url=url, sender=config.mail_from, sender_name=config.shop_name) if url else None
