"""Bulk runs as tests need them: colleagues with rights, orders that can be released without a provider, and runs of them."""

from typing import Any

from backend.domain.bulk import BulkAction, BulkPreview, Choice, RunView
from backend.domain.desk import ActionDone
from backend.domain.orders import PaymentMode
from backend.domain.permissions import SYSTEM, Actor, ActorKind, Role
from backend.services import accounts, bulk, bulk_previews
from backend.services.run import in_unit_of_work
from tests.factories import created, digital, new_order

TERMS = Choice(kind="payment_terms")
REASON = "Agreed with finance."


def colleague(name: str, role: Role = Role.CUSTOMER_SERVICE) -> Actor:
    """Somebody who works here: a run asks for their rights before each order."""
    email = f"{name.lower()}@shop.test"
    password = "amber lantern over quiet water"
    user = in_unit_of_work(accounts.add_user, email=email, name=name, role=role, password=password, actor=SYSTEM)
    return Actor(ActorKind.STAFF, f"user:{user}", name, role)


def on_terms(count: int) -> list[str]:
    """Orders of 50.00 EUR that are held because they are to be paid later; released, they go on without any provider."""
    return [created(new_order(digital(), payment_mode=PaymentMode.TERMS)).number for _ in range(count)]


def preview(actor: Actor, choice: Choice = TERMS, action: BulkAction = BulkAction.RELEASE, **more: Any) -> BulkPreview:
    return in_unit_of_work(bulk_previews.preview, action, choice, actor=actor, **more)


def start(shown: BulkPreview, actor: Actor, reason: str = REASON) -> ActionDone:
    return in_unit_of_work(bulk.start, shown.run_id, actor=actor, token=shown.token, reason=reason)


def started(actor: Actor, choice: Choice = TERMS, action: BulkAction = BulkAction.RELEASE) -> int:
    shown = preview(actor, choice, action)
    start(shown, actor)
    return shown.run_id


def look(run_id: int, actor: Actor, **more: Any) -> RunView:
    return in_unit_of_work(bulk.view, run_id, actor=actor, **more)
