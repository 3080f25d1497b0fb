"""What the tests of a cancellation do at the desk, and how they look at how far it is."""

from backend.services import actions, cancellations
from backend.services.run import in_unit_of_work
from tests.factories import stocked
from tests.world import World


def cancel(world: World, *, restock: bool = True) -> str:
    number = world.number()
    shown = in_unit_of_work(cancellations.preview_cancel, number, restock=restock, actor=world.actor)
    assert shown.refusal == ""
    done = in_unit_of_work(
        cancellations.cancel,
        number,
        restock=restock,
        actor=world.actor,
        version=shown.version,
        token=shown.token,
        reason="customer changed her mind",
    )
    return done.sentence


def on_the_shelf(world: World) -> tuple[int, int]:
    (row,) = world.database.execute("select on_hand, reserved from inventory where sku = 'LNT-STR-BRS'")
    return row[0], row[1]


def parts(world: World) -> dict[str, str]:
    return {part.name: part.state for part in world.view().cancellation}


def holds(world: World) -> list[str]:
    return sorted(hold.kind for hold in world.view().holds)


def retry(world: World, kind: str) -> None:
    (hold,) = [hold for hold in world.view().holds if hold.kind == kind]
    number = world.number()
    shown = in_unit_of_work(actions.preview_retry, number, hold.id, actor=world.actor)
    in_unit_of_work(actions.retry, number, hold.id, actor=world.actor, version=shown.version, token=shown.token)


def ask(world: World, kind: str) -> None:
    (hold,) = [hold for hold in world.view().holds if hold.kind == kind]
    shown = in_unit_of_work(actions.preview_ask, world.number(), hold.id, actor=world.actor)
    click = {"version": shown.version, "token": shown.token}
    in_unit_of_work(actions.ask, world.number(), hold.id, actor=world.actor, **click)


def release(world: World, kind: str, reason: str) -> None:
    (hold,) = [hold for hold in world.view().holds if hold.kind == kind]
    shown = in_unit_of_work(actions.preview_release, world.number(), [hold.id], actor=world.actor)
    click = {"version": shown.version, "token": shown.token, "reason": reason}
    in_unit_of_work(actions.release, world.number(), [hold.id], actor=world.actor, **click)


def packed(world: World, **changes: object) -> None:
    """An order that is paid, invoiced and labelled, its parcel kept back."""
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place(**changes)
    world.settle()


def moves(world: World) -> list[str]:
    return [entry.data["to"] for entry in reversed(world.view().timeline) if entry.kind == "order:moved"]
