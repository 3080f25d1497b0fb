"""A webhook that carries our key settles its step: before, with or after the answer, there is one charge and one refund."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend import clock, settings, wiring
from backend.domain.refunds import RefundWish
from backend.ports.calls import Call
from backend.services import refunds
from backend.services import steps as runner
from backend.services.run import in_unit_of_work
from tests.world import World

TOTAL = 11920


@pytest.fixture
def manual(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world in which money asked from customers is captured by a step of its own."""
    monkeypatch.setenv("HOLDFAST_PAYMENT_CAPTURE", "manual")
    settings.current.cache_clear()
    world.adapters = wiring.build(settings.current())
    return world


def until(world: World, kind: str, state: str = "ready") -> None:
    """Work until there is a step of this kind in this state, and no further."""
    query = "select 1 from steps where kind = %s and state = %s"
    while not world.database.execute(query, (kind, state)):
        if world.take_in():
            continue
        ids = world.database.execute("select id from steps where state = 'ready' order by id limit 1")
        for (step_id,) in ids:
            world.run(step_id)
        if not ids:
            world.outside.letterbox.wait(5)


@dataclass
class Flight:
    """A step that a worker has claimed, and whose answer is on its way."""

    job: Any
    call: Call
    ending: Any

    def land(self) -> None:
        """The answer arrives at last."""
        in_unit_of_work(runner._settle, self.job, self.call, self.ending, 1)


def sent(world: World, kind: str) -> Flight:
    """Claim the step and make its call; what came of it is not written down yet."""
    job = in_unit_of_work(runner._begin, world.step(kind)["id"], world.adapters, "slow")
    assert job is not None
    call = Call(key=job.key, deadline=clock.monotonic() + 5)
    return Flight(job, call, runner._call(job, call))


def hear(world: World) -> None:
    """Take in what the outside says until it has nothing more to say."""
    while world.take_in() or world.waiting():
        world.outside.letterbox.wait(0.05)


def ask_for_refund(world: World, amount_minor: int = 1000) -> None:
    wish, number = RefundWish(amount_minor=amount_minor), world.number()
    shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=world.actor)
    assert shown.refusal == ""
    click = {"version": shown.version, "token": shown.token, "reason": "came late"}
    in_unit_of_work(refunds.refund, number, wish, actor=world.actor, **click)


def paid(world: World) -> None:
    """An order that a customer of ours paid through Stripe, its parcel kept back."""
    world.keep_parcels_back()
    world.place(status="pending")
    world.settle()
    assert world.view().status == "processing"


def end_state(world: World) -> dict[str, Any]:
    """What must be the same whichever way the news came."""
    view = world.view()
    return {
        "order": (view.status, view.payment_status, view.held, view.captured_minor, view.refunded_minor),
        "entries": [(entry.kind, entry.amount_minor, entry.currency) for entry in view.payments],
        "steps": sorted((step.kind, step.state, step.in_doubt) for step in view.steps),
        "milestones": sorted(plain(entry.text) for entry in view.timeline if entry.weight == "milestone"),
        "mails": sorted(plain(mail["subject"]) for mail in world.mails("greta.lindenau@example.org")),
    }


def plain(text: str) -> str:
    return re.sub(r"[A-Z]*[0-9][A-Z0-9.]*", "0", text)


def capture_flies(world: World) -> Flight:
    world.place(status="pending")
    until(world, "payment.capture")
    return sent(world, "payment.capture")


def refund_flies(world: World) -> Flight:
    paid(world)
    ask_for_refund(world)
    return sent(world, "payment.refund")


def answer_first(world: World, flight: Flight) -> None:
    flight.land()
    hear(world)


def webhook_first(world: World, flight: Flight) -> None:
    hear(world)
    flight.land()


def question_first(world: World, flight: Flight) -> None:
    """The worker is taken over by another one, which asks; then the webhook comes, then the first worker's answer."""
    hooks = world.outside.letterbox
    hooks.wait(5)
    held_back = hooks.take()
    world.database.execute(
        "update steps set lease_until = clock_timestamp() where id = %s", (flight.job.claim.step_id,)
    )
    world.run(flight.job.claim.step_id)
    for hook in held_back:
        world.hand_in(hook)
    flight.land()


def webhook_while_asking(world: World, flight: Flight) -> None:
    """The webhook settles the step while a second worker has asked and not yet written down what it heard."""
    world.database.execute(
        "update steps set lease_until = clock_timestamp() where id = %s", (flight.job.claim.step_id,)
    )
    kind = str(flight.job.kind)
    second = sent(world, kind)
    hear(world)
    second.land()
    flight.land()


WAYS: tuple[Callable[[World, Flight], None], ...] = (
    answer_first,
    webhook_first,
    question_first,
    webhook_while_asking,
)
EXPECTED: dict[str, dict[str, Any]] = {}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_one_capture_and_the_same_end_whichever_word_comes_first(
    manual: World, way: Callable[[World, Flight], None]
) -> None:
    way(manual, capture_flies(manual))
    manual.settle()

    end = end_state(manual)

    assert manual.effects()["payment.captured"] == 1
    assert end["order"] == ("delivered", "paid", False, TOTAL, 0)
    assert end["entries"] == [("authorized", TOTAL, "EUR"), ("captured", TOTAL, "EUR")]
    assert end == EXPECTED.setdefault("capture", end)
    assert manual.step("payment.capture")["state"] == "done"
    assert manual.database.execute("select count(*) from attempts where outcome = ''") == [(0,)]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_one_refund_and_the_same_end_whichever_word_comes_first(
    world: World, way: Callable[[World, Flight], None]
) -> None:
    way(world, refund_flies(world))
    world.settle()

    end = end_state(world)

    assert world.effects()["payment.refunded"] == 1
    assert end["order"] == ("processing", "partially_refunded", False, TOTAL, 1000)
    assert end["entries"] == [("captured", TOTAL, "EUR"), ("refunded", 1000, "EUR")]
    assert end == EXPECTED.setdefault("refund", end)
    assert world.database.execute("select state, reference <> '' from refunds") == [("succeeded", True)]


def test_a_request_whose_answer_got_lost_is_settled_by_the_news_that_it_exists(world: World) -> None:
    world.fault("stripe", "decline", "pay")
    world.fault("stripe", "accept_then_cut", "intent", times=1)
    world.place(status="pending")
    until(world, "payment.request")
    world.run(world.step("payment.request")["id"])
    step = world.step("payment.request")
    assert (step["state"], step["in_doubt"]) == ("ready", True)
    far = "update steps set due_at = clock_timestamp() + interval '1 hour' where id = %s"
    world.database.execute(far, (step["id"],))

    while not world.take_in():
        world.outside.letterbox.wait(5)

    ((due,),) = world.database.execute("select due_at <= clock_timestamp() from steps where kind = 'payment.request'")
    assert due is True
    world.settle()
    assert world.step("payment.request")["state"] == "waiting"
    assert world.effects()["payment_intent.created"] == 1


def parked_unknown(world: World, kind: str, operation: str) -> None:
    """The call was accepted, its answer lost, and nobody could be asked: the order is held."""
    world.fault("stripe", "accept_then_500", operation, times=1)
    world.fault("stripe", "error_5xx", "read")
    hooks = []
    while world.step(kind)["state"] != "parked":
        hooks += world.outside.letterbox.take()
        world.database.execute("update steps set due_at = clock_timestamp() where kind = %s", (kind,))
        world.run(world.step(kind)["id"])
    for hook in hooks:
        world.outside.letterbox.put(hook)
    (hold,) = world.view().holds
    assert (hold.kind, world.step(kind)["in_doubt"]) == ("outcome_unknown", True)


def test_a_capture_that_nobody_could_be_asked_about_is_released_by_its_webhook(manual: World) -> None:
    manual.place(status="pending")
    until(manual, "payment.capture")
    parked_unknown(manual, "payment.capture", "capture")

    manual.heal()
    manual.settle()

    view = manual.view()
    assert (view.status, view.captured_minor, view.held) == ("delivered", TOTAL, False)
    assert [(hold.kind, hold.closed_how, hold.closed_by) for hold in view.closed_holds] == [
        ("outcome_unknown", "Stripe says that it was done", "Holdfast")
    ]
    assert manual.effects()["payment.captured"] == 1


def test_a_refund_that_nobody_could_be_asked_about_is_released_by_its_webhook(world: World) -> None:
    paid(world)
    ask_for_refund(world)
    parked_unknown(world, "payment.refund", "refund")

    world.settle()

    view = world.view()
    assert (view.refunded_minor, view.held, view.payment_status) == (1000, False, "partially_refunded")
    assert world.step("payment.refund")["state"] == "done"
    assert world.effects()["payment.refunded"] == 1


def test_a_persons_hold_stays_when_a_webhook_settles_a_step(manual: World) -> None:
    manual.place(status="pending")
    until(manual, "payment.capture")
    parked_unknown(manual, "payment.capture", "capture")
    manual.database.execute(
        "insert into holds (order_id, kind, source, reason, provider, cluster, facts, placed_by, placed_by_name, "
        "placed_at, closed_by, closed_by_name, closed_how, closed_reason) select id, 'by_staff', 'person', 'Wait.', '', "
        "'by_staff', '{}', 'user:1', 'Colleague 1', now(), '', '', '', '' from orders"
    )

    manual.heal()
    manual.settle()

    view = manual.view()
    assert [hold.kind for hold in view.holds] == ["by_staff"]
    assert (view.status, view.captured_minor) == ("pending", TOTAL)


NEWS = (b'"payment_intent.created"', b'"payment_intent.payment_failed"', b'"payment_intent.succeeded"')


@pytest.mark.parametrize("order", [(2, 1, 0), (2, 0, 1), (1, 2, 0)])
def test_every_order_of_the_news_of_one_payment_ends_the_same(world: World, order: tuple[int, ...]) -> None:
    """Created, declined, paid: the customer's first card is refused, and the news comes in another order."""
    world.keep_parcels_back()
    world.fault("stripe", "decline", "pay", times=1)
    world.place(status="pending")
    told: dict[int, Any] = {}
    while len(told) < 3:
        for hook in world.outside.letterbox.take():
            place = next((place for place, name in enumerate(NEWS) if name in hook.message.body), None)
            if place is None:
                world.hand_in(hook)
            else:
                told[place] = hook
            if place == 1:
                world.control("POST", "/payments/pay", {"order": world.number()})
        world.run_due()
    for place in order:
        world.hand_in(told[place])
    world.settle()

    view = world.view()
    assert (view.status, view.payment_status, view.captured_minor, view.held) == ("processing", "paid", TOTAL, False)
    assert sorted(entry.kind for entry in view.payments) == ["captured", "failed"]
    assert world.step("payment.request")["state"] == "done"
    assert world.effects()["payment.captured"] == 1
