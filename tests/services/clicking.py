"""A held order, the release of its hold by click, and how tests see that a refusal changed nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import HoldfastError
from backend.domain.permissions import Actor
from backend.services import actions
from backend.services.run import in_unit_of_work
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import staff

ANNA, BEN = staff(number=1), staff(number=2)


def hold_id(database: Database, kind: str = "fraud_risk") -> int:
    ((found,),) = database.execute("select id from holds where kind = %s and closed_at is null", (kind,))
    return int(found)


def preview(order: Order, *hold_ids: int, actor: Actor = ANNA) -> Preview:
    return in_unit_of_work(actions.preview_release, order.number, list(hold_ids), actor=actor)


def release(
    order: Order, shown: Preview, *hold_ids: int, actor: Actor = ANNA, reason: str = "I called them."
) -> ActionDone:
    return in_unit_of_work(
        actions.release, order.number, list(hold_ids),
        actor=actor, version=shown.version, token=shown.token, reason=reason,
    )  # fmt: skip


def state(database: Database) -> list[list[tuple[Any, ...]]]:
    tables = ("orders", "holds", "steps", "timeline", "audit", "notes")
    return [database.execute(f"select t::text from {table} t order by 1") for table in tables]


def refused(database: Database, kind: type[HoldfastError], work: Callable[[], object]) -> HoldfastError:
    """The click is refused as expected, and nothing at all has changed."""
    before = state(database)
    with pytest.raises(kind) as refusal:
        work()
    assert state(database) == before
    return refusal.value
