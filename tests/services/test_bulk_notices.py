"""A bulk run tells a colleague once of all the orders that it gives them or takes from them."""

from backend.domain.bulk import BulkAction, Choice, Options
from backend.domain.permissions import Actor, Role
from backend.services import bulk_turns, desk_notices
from backend.services.run import in_unit_of_work
from dashboard.components.told import MINE, told
from tests.bulk_runs import colleague, on_terms, preview, start
from tests.conftest import Database


def give(numbers: list[str], to: Actor, by: Actor) -> int:
    options = Options(to=to.id.removeprefix("user:"))
    shown = preview(by, Choice(tuple(numbers)), BulkAction.ASSIGN, options=options)
    start(shown, by, "")
    return shown.run_id


def run(run_id: int) -> None:
    while bulk_turns.take_turn(run_id):
        pass


def notices(person: Actor) -> list[tuple[str, str, int, bool]]:
    found = in_unit_of_work(desk_notices.inbox, actor=person).notices
    return [(notice.kind, notice.text, notice.orders, notice.read) for notice in found]


def test_who_gets_the_orders_and_who_had_them_are_told_once_each(database: Database) -> None:
    anna, ben, cleo = colleague("Anna", Role.MANAGER), colleague("Ben"), colleague("Cleo")
    numbers = on_terms(4)
    run(give(numbers, ben, anna))
    assert notices(ben) == [("assigned", "are yours now", 4, False)]

    in_unit_of_work(desk_notices.mark_read, actor=ben)
    run(give(numbers[:3], cleo, anna))

    assert notices(cleo) == [("assigned", "are yours now", 3, False)]
    assert notices(ben) == [
        ("taken", "were yours and are assigned to Cleo now", 3, False),
        ("assigned", "are yours now", 4, True),
    ]
    assert notices(anna) == []


def test_what_comes_after_it_was_read_is_news_again(database: Database) -> None:
    anna, ben = colleague("Anna", Role.MANAGER), colleague("Ben")
    run_id = give(on_terms(3), ben, anna)
    assert bulk_turns.take_turn(run_id) == 1
    in_unit_of_work(desk_notices.mark_read, actor=ben)
    run(run_id)
    assert notices(ben) == [("assigned", "are yours now", 3, False)]


def test_who_gives_orders_to_themselves_needs_no_telling(database: Database) -> None:
    anna = colleague("Anna", Role.MANAGER)
    run(give(on_terms(2), anna, anna))
    assert notices(anna) == []


def test_a_gathered_notice_leads_to_all_of_its_orders(database: Database) -> None:
    anna, ben = colleague("Anna", Role.MANAGER), colleague("Ben")
    numbers = on_terms(3)
    run(give(numbers, ben, anna))
    (notice,) = in_unit_of_work(desk_notices.inbox, actor=ben).notices
    line = told(notice)
    assert (line.number in numbers, line.more, line.text, line.href) == (
        True,
        "and 2 more orders",
        "are yours now",
        MINE,
    )
