"""Orders brought as far as a race wants them, and the sides that may run on them."""

from collections.abc import Callable
from typing import Any

import httpx

from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor
from backend.domain.refunds import RefundWish
from backend.services import actions, cancellations, inbox, refunds, sweep
from backend.services.run import in_unit_of_work
from tests.factories import stocked
from tests.services.racing import ANNA, QUIET, Racer, hooks_of, ready, work
from tests.world import Hook, World

Prepared = dict[str, Hook]
REASON = "a race"


def _orders(world: World, count: int, *, shelf: int = 100, **changes: Any) -> list[str]:
    stocked("LNT-STR-BRS", shelf)
    for _ in range(count):
        world.place(**changes)
    while len(world.numbers()) < count:
        world.outside.letterbox.wait(5)
        world.take_in()
    return world.numbers()


def to_capture(world: World, count: int) -> Prepared:
    """Authorized orders whose capture is due."""
    return dict.fromkeys(_orders(world, count))  # type: ignore[arg-type]


def asked_to_pay(world: World, count: int) -> Prepared:
    """Orders whose customers have just paid; the webhooks that say so are not handed in yet."""
    world.fault("stripe", "decline", "pay")
    numbers = _orders(world, count, status="pending")
    work(world)
    world.heal()
    for (intent,) in world.database.execute("select payment_reference from orders"):
        paid = httpx.post(f"{world.outside.practice.url}/stripe/pay/{intent}", data={"card": "pm_card_visa"})
        assert paid.status_code == 303
    return hooks_of(world, numbers, "payment_intent.succeeded")


def out_of_stock(world: World, count: int) -> Prepared:
    """Orders that a check holds because the shelf is empty."""
    return dict.fromkeys(_orders(world, count, shelf=0))  # type: ignore[arg-type]


def declined(world: World, count: int) -> Prepared:
    """Orders held because the charge was declined; the next one goes through."""
    world.fault("shopify", "decline", "capture", times=count)
    numbers = _orders(world, count)
    work(world)
    world.heal()
    return dict.fromkeys(numbers)  # type: ignore[arg-type]


def to_ship(world: World, count: int) -> Prepared:
    """Paid orders whose label is due."""
    world.keep_parcels_back()
    numbers = _orders(world, count)
    work(world, "shipment.create")
    return dict.fromkeys(numbers)  # type: ignore[arg-type]


def packed(world: World, count: int) -> Prepared:
    """Paid and labelled orders; the carrier's first scan of each is not handed in yet."""
    world.keep_parcels_back()
    numbers = _orders(world, count)
    work(world)
    world.heal()
    for (tracking,) in world.database.execute("select tracking_number from parcels"):
        world.scan(tracking, "IT")
    return hooks_of(world, numbers, "IT")


def refund_refused(world: World, count: int) -> Prepared:
    """Orders held because a refund of 10.00 EUR was refused; the next one goes through."""
    world.keep_parcels_back()
    numbers = _orders(world, count)
    work(world)
    world.fault("shopify", "refuse", "refund", times=count)
    for number in numbers:
        refund(RefundWish(amount_minor=1000), "before")(world, number, ANNA).run()
    work(world)
    return dict.fromkeys(numbers)  # type: ignore[arg-type]


Side = Callable[[World, str, Actor], Racer]


def refund(wish: RefundWish, reason: str = REASON) -> Side:
    def prepare(world: World, number: str, person: Actor) -> Racer:
        shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=person)
        assert shown.refusal == ""
        return Racer(
            _name(wish),
            lambda: in_unit_of_work(
                refunds.refund, number, wish, actor=person, version=shown.version, token=shown.token, reason=reason
            ),
            person,
        )

    return prepare


def _name(wish: RefundWish) -> str:
    return "refund all" if wish.full else "refund a line" if wish.lines else "refund a part"


def cancel(world: World, number: str, person: Actor) -> Racer:
    shown = in_unit_of_work(cancellations.preview_cancel, number, restock=True, actor=person)
    assert shown.refusal == ""
    return Racer(
        "cancel",
        lambda: in_unit_of_work(
            cancellations.cancel,
            number,
            restock=True,
            actor=person,
            version=shown.version,
            token=shown.token,
            reason=REASON,
        ),
        person,
    )


def hold(world: World, number: str, person: Actor) -> Racer:
    return Racer("hold", lambda: in_unit_of_work(actions.hold, number, actor=person, reason=REASON), person)


def retry(world: World, number: str, person: Actor) -> Racer:
    hold_id = _step_hold(world, number)
    shown = in_unit_of_work(actions.preview_retry, number, hold_id, actor=person)
    assert shown.refusal == ""
    return Racer(
        "retry",
        lambda: in_unit_of_work(
            actions.retry, number, hold_id, actor=person, version=shown.version, token=shown.token, reason=REASON
        ),
        person,
    )


def release(world: World, number: str, person: Actor) -> Racer:
    ((hold_id,),) = world.database.execute(
        "select h.id from holds h join orders o on o.id = h.order_id where o.number = %s and h.kind = %s",
        (number, str(HoldKind.OUT_OF_STOCK)),
    )
    shown = in_unit_of_work(actions.preview_release, number, [hold_id], actor=person)
    assert shown.refusal == ""
    return Racer(
        "release",
        lambda: in_unit_of_work(
            actions.release, number, [hold_id], actor=person, version=shown.version, token=shown.token, reason=REASON
        ),
        person,
    )


def run_step(kind: str) -> Side:
    """A worker that was woken for the newest step of a kind."""

    def prepare(world: World, number: str, person: Actor) -> Racer:
        step_id = world.step(kind, number)["id"]
        return Racer(f"run {kind}", lambda: world.run(step_id))

    return prepare


def swept(world: World, number: str, person: Actor) -> Racer:
    """A sweep that runs at once what it finds due of this order."""

    def run() -> None:
        in_unit_of_work(sweep.sweep, "racer")
        mine = {
            int(row[0])
            for row in world.database.execute(
                "select s.id from steps s join orders o on o.id = s.order_id where o.number = %s", (number,)
            )
        }
        for step_id in ready(world, *QUIET):
            if step_id in mine:
                world.run(step_id)

    return Racer("sweep", run)


def told(hook: Hook) -> Side:
    """The webhook that waits for its order."""

    def prepare(world: World, number: str, person: Actor) -> Racer:
        return Racer(
            f"webhook {hook.area}", lambda: inbox.receive(hook.area, hook.provider, hook.message, world.adapters)
        )

    return prepare


def _step_hold(world: World, number: str) -> int:
    ((found,),) = world.database.execute(
        "select h.id from holds h join orders o on o.id = h.order_id "
        "where o.number = %s and h.closed_at is null and h.step_id is not null",
        (number,),
    )
    return int(found)
