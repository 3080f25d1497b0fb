"""The invoice that tests of an ERP issue, and an ERP system set up for each of the two shapes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from backend.integrations.erp.client import ErpSystem
from backend.integrations.erp.config import parse
from backend.ports.invoicing import InvoiceLine, InvoiceRequest, Party
from tests.integrations.erp_worlds import (
    SECRET,
    XERO_SECRETS,
    Ninja,
    Xero,
    ninja_config,
    xero_config,
)
from tests.integrations.server import ScriptedServer

ADA = Party("Ada Example", "ada@example.com", "Musterstr. 1", "", "Berlin", "10115", "", "DE")
INVOICE = InvoiceRequest(
    number="2026-00001",
    date=date(2026, 1, 31),
    order_number="ORD-20260131-00001",
    channel_order="61200",
    currency="EUR",
    lines=(InvoiceLine("MUG", "Blue mug", 2, 1250, 250, 428, "VAT", "0.19"),),
    shipping_minor=490,
    tax_minor=521,
    total_minor=3261,
    taxes_included=False,
    customer=ADA,
)


Build = Callable[..., ErpSystem]


def ninja(base: str, **changes: Any) -> ErpSystem:
    return ErpSystem(parse(ninja_config(base, **changes), SECRET))


def xero(base: str, **changes: Any) -> ErpSystem:
    return ErpSystem(parse(xero_config(base, **changes), XERO_SECRETS))


BOTH = pytest.mark.parametrize(("world", "build"), [(Ninja, ninja), (Xero, xero)], ids=["ninja", "xero"])


def said(server: ScriptedServer) -> list[tuple[str, str]]:
    return [(asked.method, asked.path) for asked in server.asked]
