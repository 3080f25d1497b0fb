"""A backup put back under real workers: they notice it before their first step, and nothing is done a second time."""

from pathlib import Path

from backend.services import sending
from backend.services.run import in_unit_of_work
from tests.backup import Backups, backups
from tests.jobs.conftest import Workers
from tests.world import World

__all__ = ["backups"]
ORDERS = 4
ASKING = "select 1 from steps where state in ('ready', 'running') and in_doubt limit 1"


def done(world: World) -> tuple[dict[str, int], int]:
    """What was accepted outside, questions aside, and how many mails were."""
    effects = world.effects()
    effects.pop("address.validated", None)
    return effects, len(world.mails())


def test_workers_that_meet_a_restored_backup_ask_and_wait_for_a_person(
    world: World, workers: Workers, backups: Backups, tmp_path: Path
) -> None:
    home = str(tmp_path)
    first = workers.start(home=home)
    for _ in range(ORDERS):
        world.place()
    workers.until(lambda: world.effects().get("payment.captured", 0) >= 2, "nothing was captured")
    assert workers.stop(first) == 0
    copy = backups.take()
    second = workers.start(home=home)
    workers.until_delivered(ORDERS)
    assert workers.stop(second) == 0
    once = done(world)
    assert once[0]["label.bought"] == ORDERS

    backups.restore(copy)
    workers.start(home=home)
    workers.until(
        lambda: (
            world.database.execute("select epoch from sending where paused_at is not null") == [(1,)]
            and not world.database.execute(ASKING)
        ),
        "the worker did not notice",
    )
    assert done(world) == once

    preview = in_unit_of_work(sending.preview_go, actor=world.actor)
    in_unit_of_work(
        sending.go, actor=world.actor, epoch=preview.epoch, token=preview.token, reason="looked at the providers"
    )
    workers.until(
        lambda: not world.database.execute("select 1 from steps where state in ('ready', 'running') limit 1"),
        "not everything went on",
    )
    assert done(world) == once
    assert world.database.execute("select count(*) from holds where closed_at is null") == [(0,)]
    paid = world.database.execute(
        "select count(*) from orders o join payment_totals t on t.order_id = o.id where t.captured_minor = o.total_minor"
    )
    assert paid == [(len(world.numbers()),)]
