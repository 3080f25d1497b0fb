"""What calls said with personal data in it: sealed where it lies, opened for a reason, deleted when its time is up."""

import json

import pytest

from backend import settings
from backend.domain.errors import NotAllowed, NotFound, ReasonMissing
from backend.domain.permissions import Role
from backend.services import sweep
from backend.services.reveal import reveal_attempt
from backend.services.run import in_unit_of_work
from tests import factories
from tests.world import World

ANNA = factories.staff()


def attempt_of(world: World, kind: str) -> int:
    ((attempt_id,),) = world.database.execute(
        "select a.id from attempts a join steps s on s.id = a.step_id where s.kind = %s", (kind,)
    )
    return int(attempt_id)


def written(world: World) -> list[tuple[str, str]]:
    return world.database.execute("select action, reason from audit where action = 'reveal'")


def test_what_was_said_is_sealed_and_opened_for_a_reason_alone(world: World) -> None:
    world.place()
    world.settle()
    number, attempt = world.number(), attempt_of(world, "shipment.create")
    ((masked,),) = world.database.execute("select exchanges from attempts where id = %s", (attempt,))
    assert "Lindenau" not in json.dumps(masked, ensure_ascii=False)
    sealed = b"".join(bytes(row[0]) for row in world.database.execute("select exchanges from attempt_originals"))
    assert sealed
    assert b"Lindenau" not in sealed

    with pytest.raises(ReasonMissing):
        in_unit_of_work(reveal_attempt, number, attempt, actor=ANNA, reason=" ")
    with pytest.raises(NotAllowed):
        in_unit_of_work(reveal_attempt, number, attempt, actor=factories.staff(Role.QA), reason="curious")
    with pytest.raises(NotFound):
        in_unit_of_work(reveal_attempt, number, attempt + 10**6, actor=ANNA, reason="mistyped")
    assert written(world) == []

    said = in_unit_of_work(reveal_attempt, number, attempt, actor=ANNA, reason="the carrier asks")

    shown = json.dumps(said, ensure_ascii=False)
    assert "Lindenau" in shown
    assert [one["status"] for one in said] == [one["status"] for one in masked]
    assert world.outside.environment["HOLDFAST_SHIPENGINE_API_KEY"] not in shown
    assert written(world) == [("reveal", "the carrier asks")]
    version = world.view().version
    assert world.view().timeline[0].kind == "personal_data:shown"
    in_unit_of_work(reveal_attempt, number, attempt, actor=ANNA, reason="and once more")
    assert world.view().version == version

    world.database.execute("update attempt_originals set kept_until = now() - interval '1 second'")
    in_unit_of_work(sweep.sweep, "test")
    assert world.database.execute("select count(*) from attempt_originals") == [(0,)]


def test_nothing_is_kept_where_the_settings_say_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_KEEP_ORIGINALS_DAYS", "0")
    settings.current.cache_clear()
    world.place()
    world.settle()
    assert world.database.execute("select count(*) > 0 from attempts") == [(True,)]
    assert world.database.execute("select count(*) from attempt_originals") == [(0,)]
