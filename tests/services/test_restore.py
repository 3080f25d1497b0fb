"""A database restored from a backup in mid-run: nothing is done outside a second time, and nothing is sent until told."""

from typing import Any

import pytest

from backend.domain.desk import ActionDone
from backend.domain.errors import NotAllowed, NotPossible, ReasonMissing
from backend.domain.permissions import Role
from backend.domain.refunds import RefundWish
from backend.services import actions, refunds, sending
from backend.services.run import in_unit_of_work
from tests.backup import Backups, backups
from tests.factories import staff
from tests.world import World

__all__ = ["backups"]
ONE_OF_EACH = {
    "payment.captured": 1,
    "invoice.created": 1,
    "invoice.sent": 1,
    "address.validated": 1,
    "label.bought": 1,
    "fulfilment.created": 1,
}
WHY = "dump of this morning"


def restored(world: World) -> ActionDone:
    return in_unit_of_work(sending.restored, cause=WHY, actor=world.actor)


def go(world: World) -> ActionDone:
    preview = in_unit_of_work(sending.preview_go, actor=world.actor)
    return in_unit_of_work(
        sending.go, actor=world.actor, epoch=preview.epoch, token=preview.token, reason="checked with the providers"
    )


def receive(world: World) -> None:
    """Take in what the shop sends, without doing anything about it yet."""
    while not world.take_in():
        world.outside.letterbox.wait(5)


def work(world: World, steps: int) -> None:
    """Run that many steps, one after the other, taking in what the outside says meanwhile."""
    for _ in range(steps):
        world.take_in()
        found = world.database.execute("select id from steps where state = 'ready' order by id limit 1")
        if not found:
            world.outside.letterbox.wait(2)
            continue
        world.run(found[0][0])


def written(world: World) -> list[tuple[str, str, int]]:
    """Every mail that arrived: to whom, about what, how often."""
    counts: dict[tuple[str, str], int] = {}
    for mail in world.mails():
        counts[mail["to"][0] if isinstance(mail["to"], list) else mail["to"], mail["subject"]] = (
            counts.get((mail["to"][0] if isinstance(mail["to"], list) else mail["to"], mail["subject"]), 0) + 1
        )
    return sorted((*what, count) for what, count in counts.items())


def effects(world: World) -> dict[str, int]:
    found = world.effects()
    found.pop("address.validated", None)  # a question, which may be asked as often as one likes
    return found


@pytest.mark.parametrize("steps", [0, 1, 3, 5, 7, 9, 12])
def test_whatever_was_done_after_the_backup_is_not_done_again(world: World, backups: Backups, steps: int) -> None:
    world.place()
    receive(world)
    work(world, steps)
    copy = backups.take()
    world.settle()
    assert world.view().status == "delivered"
    once, mails = effects(world), written(world)
    assert once == {kind: 1 for kind in ONE_OF_EACH if kind != "address.validated"}
    backups.restore(copy)

    restored(world)
    world.settle()
    assert (effects(world), written(world)) == (once, mails)

    go(world)
    world.settle()
    assert (effects(world), written(world)) == (once, mails)
    view = world.view()
    assert view.holds == ()
    assert view.captured_minor == view.total_minor


def test_an_order_that_comes_again_after_the_restore_waits_for_a_person(world: World, backups: Backups) -> None:
    copy = backups.take()
    first = world.place()
    world.settle()
    number, once = world.number(), effects(world)
    backups.restore(copy)
    restored(world)

    world.send(first)
    go(world)
    world.settle()

    assert effects(world) == once
    (hold,) = world.view().holds
    assert hold.kind == "older_than_restore"
    assert "restored from a backup" in hold.reason
    assert world.number() != number
    assert int(world.number()[-5:]) == 10_001


def test_a_new_order_waits_unseen_and_uncounted_until_a_person_says_go(world: World) -> None:
    restored(world)
    world.database.execute("update sending set restored_at = '2026-01-01', lost_from = '2026-01-01'")
    world.place()
    world.settle()
    assert world.effects() == {}
    assert world.mails() == []
    assert world.database.execute("select count(*) from attempts") == [(0,)]
    assert world.step("payment.capture")["attempts"] == 0
    before = in_unit_of_work(sending.preview_go, actor=world.actor)
    assert (before.waiting, before.asking, before.found, before.unknown) == (1, 0, 0, 0)

    assert go(world).sentence == "Sending goes on. 1 steps had waited."
    world.settle()
    assert world.view().status == "delivered"
    assert world.effects() == ONE_OF_EACH


def test_a_refund_on_its_way_when_the_backup_was_taken_is_paid_once(world: World, backups: Backups) -> None:
    world.place()
    world.settle()
    wish = RefundWish(amount_minor=1000)
    preview = in_unit_of_work(refunds.preview_refund, world.number(), wish, actor=world.actor)
    in_unit_of_work(
        refunds.refund,
        world.number(),
        wish,
        actor=world.actor,
        version=preview.version,
        token=preview.token,
        reason="broken handle",
    )
    copy = backups.take()
    world.settle()
    once, mails = effects(world), written(world)
    assert once["payment.refunded"] == 1
    backups.restore(copy)
    restored(world)
    go(world)
    world.settle()
    assert (effects(world), written(world)) == (once, mails)
    assert world.view().refunded_minor == 1000


def test_a_mail_that_may_have_been_sent_is_sent_again_only_by_a_person(world: World, backups: Backups) -> None:
    world.place()
    receive(world)
    work(world, 1)
    copy = backups.take()
    world.settle()
    backups.restore(copy)
    restored(world)
    go(world)
    world.settle()
    mail = world.step("mail.confirmation")
    assert (mail["state"], mail["in_doubt"], mail["attempts"]) == ("parked", True, 1)
    assert mail["error"].startswith("The database was restored from a backup")
    before = len(world.mails())

    preview = in_unit_of_work(actions.preview_retry_step, world.number(), mail["id"], actor=world.actor)
    assert "may have been sent before" in preview.effects[0]
    in_unit_of_work(
        actions.retry_step,
        world.number(),
        mail["id"],
        actor=world.actor,
        version=preview.version,
        token=preview.token,
    )
    world.settle()
    assert world.step("mail.confirmation")["state"] == "done"
    assert len(world.mails()) == before + 1


def test_only_who_may_can_say_go_once_with_a_reason_and_for_what_was_seen(world: World) -> None:
    restored(world)
    with pytest.raises(NotAllowed):
        in_unit_of_work(sending.preview_go, actor=staff(Role.MANAGER))
    with pytest.raises(NotAllowed):
        in_unit_of_work(sending.go, actor=staff(Role.MANAGER), epoch=1, token="t", reason="because")
    seen: dict[str, Any] = {"epoch": 1, "token": "t"}
    with pytest.raises(ReasonMissing):
        in_unit_of_work(sending.go, actor=world.actor, **seen, reason=" ")
    with pytest.raises(NotPossible, match="restored once more"):
        in_unit_of_work(sending.go, actor=world.actor, epoch=0, token="t", reason="because")
    assert in_unit_of_work(sending.state, actor=staff()).paused

    assert not in_unit_of_work(sending.go, actor=world.actor, **seen, reason="all looked at").repeated
    assert in_unit_of_work(sending.go, actor=world.actor, **seen, reason="all looked at").repeated
    with pytest.raises(NotPossible, match="not paused"):
        in_unit_of_work(sending.go, actor=world.actor, epoch=1, token="another", reason="because")
    assert not in_unit_of_work(sending.state, actor=staff()).paused
    assert world.database.execute("select action, reason, details->>'epoch' from audit order by id") == [
        ("restored", WHY, "1"),
        ("sending_go", "all looked at", "1"),
    ]
