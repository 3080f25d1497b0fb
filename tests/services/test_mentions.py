"""Who is mentioned in a note is written a mail, unless they see it in Holdfast first; once, and with nothing of the customer."""

import pytest

from backend.domain.permissions import Actor, Role
from backend.services import notes, presence, profile
from backend.services.run import in_unit_of_work
from tests import factories
from tests.world import World


@pytest.fixture
def sofia(world: World) -> Actor:
    return factories.colleague("Sofia Marin")


@pytest.fixture
def priya(world: World) -> Actor:
    return factories.colleague("Priya Nair", Role.MANAGER)


@pytest.fixture
def number(world: World) -> str:
    return factories.created().number


def mention(number: str, sofia: Actor) -> int:
    words = "@Priya Nair, Greta asks for her money, see greta@example.org"
    return in_unit_of_work(notes.add_note, number, words, actor=sofia)


def mailed(world: World) -> list[dict[str, str]]:
    """What Priya gets once the time has come."""
    for (step,) in world.database.execute("select id from steps where kind = 'mail.mention'"):
        world.database.execute("update steps set due_at = clock_timestamp() where id = %s", (step,))
        for _ in range(2):
            world.run(step)
    return world.mails("priya@shop.test")


def outcomes(world: World) -> list[tuple[str, str]]:
    return world.database.execute(  # type: ignore[return-value]
        "select state, result->>'not_needed' from steps where kind = 'mail.mention' order by id"
    )


def test_who_does_not_see_a_mention_gets_one_mail_that_names_the_order_and_the_author_only(
    world: World, number: str, sofia: Actor, priya: Actor
) -> None:
    note = mention(number, sofia)
    in_unit_of_work(notes.edit_note, number, note, "@Priya Nair, Greta asks for her money back", actor=sofia)

    (mail,) = mailed(world)
    assert mail["subject"] == f"Sofia Marin mentions you on {number}"
    assert f"https://desk.shop.example/orders/{number}" in mail["plain"]
    assert "Greta" not in str(mail)
    assert outcomes(world) == [("done", None)]
    (again,) = mailed(world)
    assert again == mail


def test_the_mail_waits_a_while_for_them_to_look(world: World, number: str, sofia: Actor, priya: Actor) -> None:
    mention(number, sofia)
    scale = 0.01
    ((waits,),) = world.database.execute(
        "select extract(epoch from due_at - woken_at)::float8 from steps where kind = 'mail.mention'"
    )
    assert waits == pytest.approx(120 * scale, abs=0.1)


def test_who_opens_the_order_in_time_gets_none(world: World, number: str, sofia: Actor, priya: Actor) -> None:
    mention(number, sofia)
    in_unit_of_work(presence.arrive, number, "tab", actor=priya)

    assert mailed(world) == []
    assert outcomes(world) == [("done", "Priya Nair has seen it.")]


def test_who_is_looking_at_the_order_gets_none(world: World, number: str, sofia: Actor, priya: Actor) -> None:
    in_unit_of_work(presence.arrive, number, "tab", actor=priya)
    mention(number, sofia)

    assert mailed(world) == []
    assert outcomes(world) == [("done", "Priya Nair has seen it.")]


def test_who_wants_no_mail_or_works_here_no_more_gets_none(
    world: World, number: str, sofia: Actor, priya: Actor
) -> None:
    in_unit_of_work(profile.set_preferences, actor=priya, mentions="bell")
    mention(number, sofia)
    assert mailed(world) == []

    in_unit_of_work(profile.set_preferences, actor=priya, mentions="mail")
    mention(number, sofia)
    world.database.execute("update users set active = false where email = 'priya@shop.test'")
    assert mailed(world) == []
    assert outcomes(world) == [
        ("done", "Priya Nair wants no mail about mentions."),
        ("done", "Priya Nair does not work here any more."),
    ]
