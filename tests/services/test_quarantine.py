"""The quarantine: a payload is mended and replayed into one order, or discarded and restored; what came is kept as it came."""

import json
import threading
from typing import Any
from uuid import uuid4

import pytest

from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, HoldfastError, InvalidInput, NotAllowed, NotFound, ReasonMissing
from backend.domain.permissions import Actor, Role
from backend.domain.quarantine import QuarantinePage, QuarantineView
from backend.services import inbox, quarantine
from backend.services.run import in_unit_of_work
from tests.factories import staff, stocked
from tests.world import World

ANNA, BEN, LOOKER = staff(number=1), staff(number=2), staff(Role.FINANCE)
SENTENCE = "The total does not add up"


def page(**filters: Any) -> QuarantinePage:
    return in_unit_of_work(quarantine.quarantine_page, actor=ANNA, **filters)


def look(message_id: str, who: Actor = ANNA) -> QuarantineView:
    return in_unit_of_work(quarantine.message, message_id, actor=who)


def spoilt(world: World, **changes: Any) -> tuple[dict[str, Any], QuarantineView]:
    """An order whose total is wrong, in quarantine."""
    order = world.place(**({"total_price": "119.30"} | changes))
    world.settle()
    return order, look(page().messages[0].id)


def mended(shown: QuarantineView, **changes: Any) -> str:
    return json.dumps({**json.loads(shown.text), **({"total_price": "119.20"} | changes)}, indent=2)


def replay(
    world: World, shown: QuarantineView, text: str | None, who: Actor = ANNA, reason: str = "typo in the shop"
) -> ActionDone:
    carried = {"version": shown.version, "token": shown.token, "text": text, "reason": reason}
    return in_unit_of_work(quarantine.replay, shown.id, actor=who, adapters=world.adapters, **carried)


def decide(what: Any, shown: QuarantineView, who: Actor = ANNA, reason: str = "test order of the shop") -> ActionDone:
    return in_unit_of_work(what, shown.id, actor=who, version=shown.version, token=shown.token, reason=reason)


def everything(world: World) -> list[Any]:
    tables = ("inbox", "inbox_decisions", "orders", "audit")
    return [world.database.execute(f"select * from {table} order by 1") for table in tables]


def test_a_payload_is_shown_with_each_problem_at_its_line(world: World) -> None:
    _, shown = spoilt(world)
    (problem,) = shown.problems
    assert problem.sentence.startswith(SENTENCE)
    assert shown.text.splitlines()[problem.line - 1].strip() == '"total_price": "119.30",'
    assert (shown.verdict, shown.masked, shown.version, shown.decisions) == ("quarantined", False, 0, ())


def test_a_check_says_what_is_left_and_what_would_become_of_it_and_stores_nothing(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    _, shown = spoilt(world)
    before = everything(world)

    def check(text: str) -> Any:
        return in_unit_of_work(quarantine.check, shown.id, text, actor=ANNA, adapters=world.adapters)

    still = check(mended(shown, total_price="twelve"))
    assert [problem.line > 1 for problem in still.problems] == [True]
    assert still.effects == ()
    assert check("{").problems[0].sentence.startswith("The body is not JSON")
    fine = check(mended(shown))
    assert fine.problems == ()
    assert fine.effects[0].endswith("is created: 2 lines, 119.20 EUR, authorized.")
    assert everything(world) == before


def test_a_mended_payload_becomes_one_order_and_what_was_received_stays_as_it_came(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    order, shown = spoilt(world)
    body = world.database.execute("select body from inbox where area = 'channels'")
    assert replay(world, shown, mended(shown)) == ActionDone("The mended message is handled now.")
    assert replay(world, shown, mended(shown)).repeated
    world.settle()
    assert world.view().total_minor == 11920
    assert world.database.execute("select external_id from orders") == [(str(order["id"]),)]
    after = look(shown.id)
    assert (after.verdict, after.order_number, after.received) == ("accepted", world.number(), shown.text)
    assert [(made.kind, made.who, made.reason) for made in after.decisions] == [
        ("mended", "Colleague 1", "typo in the shop")
    ]
    assert world.database.execute("select body from inbox where area = 'channels'") == body
    assert b"Lindenau" not in world.database.execute("select body from inbox_decisions")[0][0]
    assert page().total == 0


def test_two_people_at_once_make_one_order_and_one_is_told_by_whom(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    _, shown = spoilt(world)
    bens = look(shown.id, BEN)
    start, said = threading.Barrier(2), list[Any]()

    def click(who: Actor, seen: QuarantineView) -> None:
        start.wait()
        try:
            said.append(replay(world, seen, mended(seen), who))
        except HoldfastError as error:
            said.append(error)

    threads = [threading.Thread(target=click, args=pair) for pair in ((ANNA, shown), (BEN, bens))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (told,) = [one for one in said if isinstance(one, AlreadyDone)]
    assert told.sentence.startswith("This message was already mended by Colleague ")
    world.settle()
    assert world.database.execute("select count(*) from orders") == [(1,)]
    assert world.database.execute("select count(*) from inbox_decisions") == [(1,)]


def test_the_shops_own_corrected_delivery_before_the_replay_leaves_one_order(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    order, shown = spoilt(world)
    world.send(order | {"total_price": "119.20"})
    world.settle()
    found = in_unit_of_work(quarantine.check, shown.id, mended(shown), actor=ANNA, adapters=world.adapters)
    assert found.effects[0].startswith(f"Order {world.number()} ")
    replay(world, shown, mended(shown))
    world.settle()
    assert len(world.numbers()) == 1
    assert world.view().holds == ()
    assert world.effects()["payment.captured"] == 1


def test_what_is_still_wrong_is_not_replayed(world: World) -> None:
    _, shown = spoilt(world)
    before = everything(world)
    with pytest.raises(InvalidInput, match=SENTENCE):
        replay(world, shown, None)
    with pytest.raises(InvalidInput):
        replay(world, shown, mended(shown, currency="XXQ"))
    with pytest.raises(ReasonMissing):
        replay(world, shown, mended(shown), reason=" ")
    with pytest.raises(InvalidInput, match="half a character"):
        replay(world, shown, '"\ud800"')
    with pytest.raises(NotFound):
        look(str(uuid4()))
    assert everything(world) == before


def test_a_message_is_discarded_with_a_reason_kept_and_restored(world: World) -> None:
    _, shown = spoilt(world)
    bens = look(shown.id, BEN)
    with pytest.raises(ReasonMissing):
        decide(quarantine.discard, shown, reason="")
    decide(quarantine.discard, shown)
    assert decide(quarantine.discard, shown).repeated
    assert (page().total, page().discarded) == (0, 1)
    (row,) = page(discarded=True).messages
    assert row.decided is not None
    assert (row.decided.kind, row.decided.reason) == ("discarded", "test order of the shop")
    with pytest.raises(AlreadyDone, match="already discarded by Colleague 1"):
        replay(world, bens, mended(bens), BEN)
    world.settle()
    assert world.numbers() == []
    decide(quarantine.restore, look(shown.id, BEN), BEN)
    assert [made.kind for made in look(shown.id).decisions] == ["discarded", "restored"]
    assert page().total == 1
    audited = world.database.execute("select action, actor_name, order_id from audit order by id")
    assert audited == [("discard", "Colleague 1", None), ("restore", "Colleague 2", None)]


def test_all_of_one_cause_are_replayed_once_where_nothing_is_wrong_any_more(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    for _ in range(2):
        world.place()
    world.place(total_price="1.00")
    world.settle()
    world.database.execute("delete from inbox_decisions")
    fine = world.database.execute("select id from inbox where area = 'channels' and verdict = 'accepted'")
    world.database.execute(
        "update inbox set verdict = 'quarantined', cause = 'broken', order_id = null where id = any(%s)",
        ([row[0] for row in fine],),
    )
    world.database.execute("update inbox set cause = 'broken' where verdict = 'quarantined'")
    assert [(one.cause, one.messages) for one in page().causes] == [("broken", 3)]

    def click() -> ActionDone:
        return in_unit_of_work(
            quarantine.replay_cause, cause="broken", actor=ANNA, adapters=world.adapters, token="user:1.once"
        )

    assert click().sentence == "2 of 3 are handled again. 1 still has problems and stays here."
    assert click().repeated
    world.settle()
    assert (len(world.numbers()), page().total) == (2, 1)
    assert world.effects()["payment.captured"] == 2


def test_the_list_is_filtered_by_sender_and_cause_and_read_page_by_page(world: World) -> None:
    for total in ("1.00", "2.00", "3.00"):
        world.place(total_price=total)
    world.place(currency="XXQ")
    world.settle()
    whole = page()
    assert (whole.total, whole.providers) == (4, ("shopify",))
    assert [one.messages for one in whole.causes] == [3, 1]
    sums = whole.causes[0].cause
    first = page(cause=sums, size=2)
    rest = page(cause=sums, size=2, cursor=first.next_cursor)
    assert (first.total, len(first.messages), len(rest.messages), rest.next_cursor) == (3, 2, 1, "")
    assert page(provider="generic").total == 0
    with pytest.raises(InvalidInput):
        page(cursor="yesterday~1")


def test_who_may_only_look_sees_no_customer_and_changes_nothing(world: World) -> None:
    _, shown = spoilt(world, email="greta(at)example.org")
    seen = look(shown.id, LOOKER)
    assert seen.masked
    for hidden in ("Greta", "Lindenau", "Torstraße", "greta(at)example.org"):
        assert hidden in shown.text + shown.received + str(shown.problems)
        assert hidden not in str(seen)
    before = everything(world)
    for work in (
        lambda: replay(world, seen, mended(shown), LOOKER),
        lambda: decide(quarantine.discard, seen, LOOKER),
        lambda: decide(quarantine.restore, seen, LOOKER),
        lambda: in_unit_of_work(quarantine.check, shown.id, "{}", actor=LOOKER, adapters=world.adapters),
        lambda: in_unit_of_work(
            quarantine.replay_cause, cause=shown.cause, actor=LOOKER, adapters=world.adapters, token="t"
        ),
    ):
        with pytest.raises(NotAllowed):
            work()
    assert everything(world) == before


def test_messages_that_were_not_authentic_are_counted_and_never_replayed(world: World) -> None:
    inbox.note_refused("shopify", "the signature does not fit")
    told = page()
    assert (told.total, [(one.provider, one.reason, one.messages) for one in told.refused]) == (
        0,
        [("shopify", "the signature does not fit", 1)],
    )


def test_a_message_that_was_never_in_quarantine_is_not_shown(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    world.place()
    world.settle()
    for (message_id,) in world.database.execute("select id from inbox"):
        with pytest.raises(NotFound):
            look(str(message_id))
