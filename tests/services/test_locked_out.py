"""A provider that does not accept our key: one order says so, one incident pages the administrator, the others wait."""

from collections.abc import Callable

import pytest

from backend import settings, wiring
from backend.services import actions
from backend.services.run import in_unit_of_work
from tests.services.test_breaker import breaker, incident_mails, place, probe_is_due, rounds, slowly
from tests.world import World

__all__ = ["slowly"]
TITLE = "ShipEngine does not accept our key; its steps wait until an administrator has renewed it."


def test_a_refused_key_stops_everything_with_that_provider_until_it_is_renewed(
    world: World, slowly: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = world.adapters
    monkeypatch.setenv("HOLDFAST_SHIPENGINE_API_KEY", "TEST_revoked")
    slowly(True)
    world.adapters = wiring.build(settings.current())
    place(world, 4)
    rounds(world, 6)

    assert breaker(world)["state"] == "open"
    holds = world.database.execute("select kind from holds where closed_at is null")
    assert holds == [("provider_credentials",)]
    steps = world.database.execute(
        "select state, attempts, outcome from steps where kind = 'shipment.verify_address' order by state, id"
    )
    assert steps == [("parked", 1, "rejected"), *[("ready", 0, "not_sent")] * 3]
    assert world.database.execute("select title, closed_at from incidents") == [(TITLE, None)]
    assert len(incident_mails(world)) == 1

    probe_is_due(world)
    rounds(world, 1)
    assert (breaker(world)["state"], breaker(world)["failed_probes"]) == ("open", 1)
    assert world.database.execute("select count(*) from holds where closed_at is null") == [(1,)]

    world.adapters = good
    slowly(False)
    probe_is_due(world)
    world.settle()
    assert breaker(world)["state"] == "closed"
    assert world.database.execute("select count(*) from orders where status = 'delivered'") == [(3,)]
    ((number, hold),) = world.database.execute(
        "select o.number, h.id from holds h join orders o on o.id = h.order_id where h.closed_at is null"
    )
    preview = in_unit_of_work(actions.preview_retry, number, hold, actor=world.actor)
    in_unit_of_work(actions.retry, number, hold, actor=world.actor, version=preview.version, token=preview.token)
    world.settle()
    assert world.database.execute("select count(*) from orders where status = 'delivered'") == [(4,)]
    assert world.effects()["label.bought"] == 4
