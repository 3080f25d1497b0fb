"""Everything that can happen to one order, against everything else, at the same moment.

For each pair two orders race: the sides queue for the order in either turn, or, where both are of one kind, go at the
same instant. `HOLDFAST_TEST_RACE_ROUNDS` adds rounds in which both go at once. Whoever wins: money adds up, nothing is
sent past a hold, a cancellation is finished or explained, and of two people who decided on the same facts the second is
told who was first.
"""

import itertools
import os
from collections.abc import Callable

import pytest

from backend.domain.refunds import RefundWish
from tests.services import scenes
from tests.services.racing import (
    ANNA,
    BEN,
    Start,
    at_once,
    check_clicks,
    check_promises,
    finish,
    in_turn,
    in_turn_reversed,
)
from tests.services.scenes import Prepared, Side
from tests.world import Hook, World

WEBHOOK = "webhook"
MORE_ROUNDS = int(os.environ.get("HOLDFAST_TEST_RACE_ROUNDS", "0"))
CLICKS: dict[str, Side] = {
    "cancel": scenes.cancel,
    "hold": scenes.hold,
    "retry": scenes.retry,
    "release": scenes.release,
    "refund all": scenes.refund(RefundWish(full=True)),
    "refund a part": scenes.refund(RefundWish(amount_minor=2000)),
    "refund a line": scenes.refund(RefundWish(lines={1: 2}, restock=True)),
    "sweep": scenes.swept,
    "capture": scenes.run_step("payment.capture"),
    "label": scenes.run_step("shipment.create"),
    "invoice": scenes.run_step("invoice.issue"),
}
REFUNDS = ["refund all", "refund a part", "refund a line"]
SCENES: list[tuple[Callable[[World, int], Prepared], list[str]]] = [
    (scenes.to_capture, ["capture", "cancel", "hold", "sweep"]),
    (scenes.asked_to_pay, [WEBHOOK, "cancel", "hold"]),
    (scenes.out_of_stock, ["release", "cancel", "hold"]),
    (scenes.declined, ["retry", "cancel", "hold", "sweep"]),
    (scenes.to_ship, ["label", "invoice", "cancel", "hold", "refund all", "sweep"]),
    (scenes.packed, [*REFUNDS, "cancel", "hold", WEBHOOK]),
    (scenes.refund_refused, ["retry", "refund a part", "cancel", "hold", "sweep"]),
]


def pairs() -> list[object]:
    """Every pair of sides in every scene, each with itself too, but for pairs in which nobody does anything."""
    found = []
    for scene, sides in SCENES:
        for first, second in itertools.combinations_with_replacement(sides, 2):
            if not ({first, second} <= {"invoice", "sweep"}):
                found.append(pytest.param(scene, first, second, id=f"{scene.__name__}: {first} / {second}"))
    return found


def side(name: str, hook: Hook | None) -> Side:
    return scenes.told(hook) if hook is not None and name == WEBHOOK else CLICKS[name]


@pytest.mark.parametrize(("scene", "first", "second"), pairs())
def test_whoever_wins_the_promises_are_kept(
    world: World,
    scene: Callable[[World, int], Prepared],
    first: str,
    second: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "backend.store.db")
    starts: list[Start] = [in_turn, at_once if first == second else in_turn_reversed, *[at_once] * MORE_ROUNDS]
    prepared = scene(world, len(starts))
    results = {}
    for start, (number, hook) in zip(starts, prepared.items(), strict=True):
        racers = [side(name, hook)(world, number, who) for name, who in ((first, ANNA), (second, BEN))]
        results[number] = start(world.database, number, racers)
        if hook is not None:
            world.hand_in(hook)

    finish(world, list(results.values()))

    for number, each in results.items():
        check_clicks(each)
        check_promises(world, number, each)
    assert "tried again after" not in caplog.text, "a deadlock"
