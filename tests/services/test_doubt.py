"""When nobody knows whether a call took effect: the outside is asked, and in the end it has got exactly one of each."""

from dataclasses import replace
from typing import Any

import pytest

from backend import settings, wiring
from backend.domain.retries import Outcome
from backend.services import actions
from backend.services import steps as runner
from backend.services.run import in_unit_of_work
from backend.store import steps
from tests.world import World

ONE_OF_EACH = {
    "payment.captured": 1,
    "invoice.created": 1,
    "invoice.sent": 1,
    "address.validated": 1,
    "label.bought": 1,
    "fulfilment.created": 1,
}
CALLS = [
    ("shopify", "capture", "payment.capture"),
    ("invoiceninja", "invoice", "invoice.issue"),
    ("shipengine", "label", "shipment.create"),
    ("shopify", "fulfilment", "channel.update"),
]


def attempts(world: World, kind: str) -> list[tuple[Any, ...]]:
    return world.database.execute(
        "select a.outcome, a.asked_first from attempts a join steps s on s.id = a.step_id where s.kind = %s order by a.id",
        (kind,),
    )


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_500"])
@pytest.mark.parametrize(("provider", "operation", "kind"), CALLS)
def test_an_answer_that_got_lost_is_asked_for_and_the_effect_stays_one(
    world: World, fault: str, provider: str, operation: str, kind: str
) -> None:
    world.fault(provider, fault, operation, times=1)
    world.place()
    world.settle()
    assert world.view().status == "delivered"
    assert attempts(world, kind) == [("in_doubt", False), ("ok", True)]
    assert world.step(kind)["in_doubt"] is False
    assert world.effects() == ONE_OF_EACH
    assert world.view().closed_holds == ()


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_500"])
def test_an_unpaid_customer_gets_one_request_however_the_answer_is_lost(world: World, fault: str) -> None:
    world.fault("stripe", fault, "intent", times=1)
    # The customer takes long enough to be asked for the payment a second time, on a busy machine as well.
    world.fault("stripe", "slow", "pay", delay_seconds=3)
    world.place(status="pending")
    world.settle()
    assert world.view().status == "delivered"
    # The webhook of the payment may settle its request before anybody has asked.
    assert attempts(world, "payment.request") in ([("in_doubt", False)], [("in_doubt", False), ("ok", True)])
    assert world.effects() == {**ONE_OF_EACH, "payment_intent.created": 1}


def test_a_mail_whose_receipt_got_lost_is_the_same_mail_again(world: World) -> None:
    world.fault("smtp", "accept_then_cut", times=1)
    world.place()
    world.settle()
    assert world.view().status == "delivered"
    ids = [mail["message_id"] for mail in world.mails() if mail["subject"].endswith("is confirmed")]
    assert len(set(ids)) == 1


def test_an_answer_that_never_ends_is_cut_at_the_deadline_and_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_STEP_DEADLINE", "0.5")
    settings.current.cache_clear()
    world.fault("shipengine", "accept_then_hang", "label", times=1, delay_seconds=3)
    world.place()
    world.settle()
    assert world.view().status == "delivered"
    assert attempts(world, "shipment.create") == [("in_doubt", False), ("ok", True)]
    assert world.effects() == ONE_OF_EACH


def claim_of(world: World, kind: str) -> steps.Claim:
    found = in_unit_of_work(steps.claim, world.step(kind)["id"], 30.0)
    assert found is not None
    return found


def run_until_due(world: World, kind: str) -> None:
    """Work until the step is there and ready, and leave it so."""
    while not world.database.execute("select 1 from steps where kind = %s", (kind,)):
        if not world.take_in():
            ids = world.database.execute("select id from steps where state = 'ready' order by id limit 1")
            if not ids:
                world.outside.letterbox.wait(5)
            for (step_id,) in ids:
                world.run(step_id)
    assert world.step(kind)["state"] == "ready"


def die_after_the_call(world: World, kind: str) -> None:
    """A worker claims the step, the outside accepts the call, and the worker is killed before it can settle."""
    step_id = world.step(kind)["id"]
    job = in_unit_of_work(runner._begin, step_id, world.adapters, "killed")
    assert job is not None
    runner._call(job, runner.Call(key=job.key, deadline=runner.clock.monotonic() + 5))
    world.database.execute("update steps set lease_until = clock_timestamp() where id = %s", (step_id,))


def sweep_and_run(world: World, kind: str) -> None:
    """What the sweep does with a step whose lease has run out."""
    step_id = world.step(kind)["id"]
    assert step_id in in_unit_of_work(steps.take_due, forgotten=0.0)
    world.run(step_id)


@pytest.mark.parametrize(("provider", "operation", "kind"), CALLS)
def test_a_worker_killed_between_call_and_record_is_taken_over_by_asking_first(
    world: World, provider: str, operation: str, kind: str
) -> None:
    world.place()
    run_until_due(world, kind)
    die_after_the_call(world, kind)
    assert world.step(kind)["state"] == "running"
    sweep_and_run(world, kind)
    assert attempts(world, kind) == [("unfinished", False), ("ok", True)]
    world.settle()
    assert world.view().status == "delivered"
    assert world.effects() == ONE_OF_EACH


def test_a_worker_killed_before_the_call_costs_nothing_but_a_try(world: World) -> None:
    world.place()
    run_until_due(world, "shipment.create")
    step_id = world.step("shipment.create")["id"]
    in_unit_of_work(runner._begin, step_id, world.adapters, "killed")
    world.database.execute("update steps set lease_until = clock_timestamp() where id = %s", (step_id,))
    sweep_and_run(world, "shipment.create")
    assert attempts(world, "shipment.create") == [("unfinished", False), ("ok", True)]
    world.settle()
    assert world.effects() == ONE_OF_EACH


def test_a_step_that_kills_every_worker_ends_held_and_the_others_go_on(world: World) -> None:
    world.place()
    run_until_due(world, "shipment.create")
    for _ in range(8):
        in_unit_of_work(runner._begin, world.step("shipment.create")["id"], world.adapters, "killed")
        world.database.execute("update steps set lease_until = clock_timestamp() where kind = 'shipment.create'")
    sweep_and_run(world, "shipment.create")
    world.settle()
    (hold,) = world.view().holds
    assert (hold.kind, hold.reason) == (
        "outcome_unknown",
        "It ended its worker too often; the last tries have no recorded answer.",
    )
    assert [world.step(kind)["state"] for kind in ("invoice.send", "mail.confirmation")] == ["done", "done"]
    assert "label.bought" not in world.effects()


def test_the_late_answer_of_a_worker_that_was_taken_over_is_kept_with_its_try_only(world: World) -> None:
    world.place()
    run_until_due(world, "payment.capture")
    step_id = world.step("payment.capture")["id"]
    slow = in_unit_of_work(runner._begin, step_id, world.adapters, "slow")
    assert slow is not None
    call = runner.Call(key=slow.key, deadline=runner.clock.monotonic() + 5)
    ending = runner._call(slow, call)
    world.database.execute("update steps set lease_until = clock_timestamp() where id = %s", (step_id,))
    sweep_and_run(world, "payment.capture")
    before = world.view().payments
    in_unit_of_work(runner._settle, slow, call, ending, 1)
    assert world.view().payments == before
    assert attempts(world, "payment.capture") == [("ok", False), ("ok", True)]
    world.settle()
    assert world.effects() == ONE_OF_EACH


def test_while_nobody_can_be_asked_nothing_is_repeated_and_a_person_is_told(world: World) -> None:
    world.fault("shipengine", "accept_then_500", "label", times=1)
    world.fault("shipengine", "error_5xx", "read")
    world.place()
    world.settle()
    (hold,) = world.view().holds
    step = world.step("shipment.create")
    assert (hold.kind, step["state"], step["attempts"], step["in_doubt"]) == ("outcome_unknown", "parked", 8, True)
    assert world.effects()["label.bought"] == 1
    world.heal()
    assert hold.actions == ("ask",)
    for other in (
        lambda: in_unit_of_work(actions.preview_retry, world.number(), hold.id, actor=world.actor),
        lambda: in_unit_of_work(actions.preview_release, world.number(), [hold.id], actor=world.actor),
    ):
        assert "it may have happened. The provider may or may not have done it." in other().refusal
    preview = in_unit_of_work(actions.preview_ask, world.number(), hold.id, actor=world.actor)
    assert preview.effects == (
        f"ShipEngine is asked whether this happened: Buy shipping label, reference {step['key']}.",
        "If it did, the step is done and the order goes on.",
        "If there is surely no trace of it, the same request is sent once more, under the same reference.",
        "If nobody can say, the order stays held.",
    )
    done = in_unit_of_work(
        actions.ask, world.number(), hold.id, actor=world.actor, version=preview.version, token=preview.token
    )
    assert done.sentence == "ShipEngine is being asked about: Buy shipping label."
    world.settle()
    assert world.view().status == "delivered"
    assert world.effects() == ONE_OF_EACH
    assert [(closed.closed_how, closed.closed_by) for closed in world.view().closed_holds] == [
        ("asked", world.actor.name)
    ]


def test_a_provider_that_is_asked_while_it_still_cannot_be_holds_the_order_again(world: World) -> None:
    world.fault("shipengine", "accept_then_500", "label", times=1)
    world.fault("shipengine", "error_5xx", "read")
    world.place()
    world.settle()
    (hold,) = world.view().holds
    preview = in_unit_of_work(actions.preview_ask, world.number(), hold.id, actor=world.actor)
    in_unit_of_work(
        actions.ask, world.number(), hold.id, actor=world.actor, version=preview.version, token=preview.token
    )
    world.settle()
    (again,) = world.view().holds
    assert (again.kind, again.id > hold.id, world.step("shipment.create")["in_doubt"]) == (
        "outcome_unknown",
        True,
        True,
    )
    assert world.effects()["label.bought"] == 1


def test_a_question_asked_at_once_waits_until_it_can_be_answered(world: World) -> None:
    world.place()
    run_until_due(world, "shipment.create")
    claim = claim_of(world, "shipment.create")
    in_unit_of_work(steps.park, claim, Outcome.IN_DOUBT, error="?", category="x", proven=False, grace=60.0)
    in_unit_of_work(steps.rearm, claim.step_id)
    ((due, woken),) = world.database.execute(
        "select due_at > clock_timestamp() + interval '50 s', woken_at from steps where id = %s", (claim.step_id,)
    )
    assert (due, woken) == (True, None)


def test_a_question_refused_for_a_revoked_key_does_not_prove_that_nothing_happened(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = world.adapters
    monkeypatch.setenv("HOLDFAST_SHIPENGINE_API_KEY", "TEST_revoked")
    settings.current.cache_clear()
    revoked = wiring.build(settings.current())
    world.fault("shipengine", "accept_then_cut", "label", times=1)
    world.place()
    run_until_due(world, "shipment.create")
    world.run(world.step("shipment.create")["id"])
    world.adapters = replace(good, shipping=revoked.shipping)
    world.settle()
    (hold,) = world.view().holds
    step = world.step("shipment.create")
    assert (hold.kind, step["state"], step["in_doubt"]) == ("provider_credentials", "parked", True)
    world.adapters = good
    preview = in_unit_of_work(actions.preview_retry, world.number(), hold.id, actor=world.actor)
    in_unit_of_work(
        actions.retry, world.number(), hold.id, actor=world.actor, version=preview.version, token=preview.token
    )
    world.settle()
    assert world.step("shipment.create")["generation"] == 1
    assert world.view().status == "delivered"
    assert world.effects() == ONE_OF_EACH


def test_being_told_to_wait_is_no_failure(world: World) -> None:
    world.place()
    run_until_due(world, "shipment.create")
    held = claim_of(world, "shipment.create")
    in_unit_of_work(steps.try_later, held, Outcome.DEFERRED, delay=0, error="later", counted=False)
    assert world.step("shipment.create")["attempts"] == 0
    world.settle()
    assert world.step("shipment.create")["attempts"] == 1
    assert world.effects() == ONE_OF_EACH


def test_a_step_that_cannot_even_be_prepared_ends_held_with_a_reference_and_not_in_silence(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.place()
    run_until_due(world, "shipment.verify_address")
    world.database.execute("update addresses set line1 = decode('00', 'hex')")
    world.settle()
    ((kind, reason),) = world.database.execute("select kind, reason from holds where closed_at is null")
    step = world.step("shipment.verify_address")
    assert (kind, step["state"], step["attempts"], step["in_doubt"]) == ("internal_error", "parked", 8, False)
    reference = reason.removeprefix("Something went wrong inside Holdfast. Reference ").rstrip(".")
    assert reference in caplog.text
    assert "PersonalDataUnreadable" in caplog.text
    assert "label.bought" not in world.effects()
