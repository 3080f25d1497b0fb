"""A cancellation whose answers are lost, whose workers die or that two people begin ends once, as one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest

from backend import failpoints
from backend.domain.errors import HoldfastError
from backend.domain.permissions import Role
from backend.services import cancellations
from backend.services.run import in_unit_of_work
from tests.factories import staff
from tests.services.cancelling import cancel, packed, parts
from tests.waiting import until
from tests.world import World


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    """Whatever a test arms is disarmed again."""
    yield
    failpoints.arm("")


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_500"])
def test_a_lost_answer_to_a_void_is_asked_for(world: World, fault: str) -> None:
    world.fault("shopify", "decline", "capture", times=1)
    world.place()
    world.settle()
    world.fault("shopify", fault, "void", times=1)

    cancel(world)
    world.settle()

    assert len(world.journal(kind="payment.voided")) == 1
    assert (world.view().status, world.step("payment.void")["attempts"]) == ("cancelled", 2)


def test_an_invoice_in_doubt_is_found_out_before_the_money_goes_back(world: World) -> None:
    world.keep_parcels_back()
    world.fault("invoiceninja", "accept_then_hang", "invoice", times=1, delay_seconds=3)
    world.place()
    until(lambda: world.take_in() > 0)
    while not world.database.execute("select 1 from steps where kind = 'invoice.issue'"):
        world.run_due()
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(world.run, world.step("invoice.issue")["id"])
        until(lambda: bool(world.journal(kind="invoice.created")))
        cancel(world)
        assert parts(world)["stop"] in ("running", "to_come")
        assert world.view().refunded_minor == 0
        running.result()

    world.settle()

    assert len(world.journal(kind="invoice.created")) == 1
    assert [entry["amount_minor"] for entry in world.journal(kind="credit.created")] == [11920]
    assert world.view().status == "refunded"


def test_two_people_who_cancel_at_once_cancel_once(world: World) -> None:
    packed(world)
    number = world.number()
    people = [staff(Role.ADMIN, 1), staff(Role.CUSTOMER_SERVICE, 2)]
    previews = [in_unit_of_work(cancellations.preview_cancel, number, restock=True, actor=person) for person in people]
    start = Barrier(2)

    def click(place: int) -> str:
        shown = previews[place]
        start.wait()
        try:
            in_unit_of_work(
                cancellations.cancel,
                number,
                restock=True,
                actor=people[place],
                version=shown.version,
                token=shown.token,
                reason="both",
            )
        except HoldfastError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(click, range(2)))
    world.settle()

    assert outcomes[1] == "done"
    assert outcomes[0] != "done"
    assert [len(world.journal(kind=kind)) for kind in ("payment.refunded", "label.voided", "credit.created")] == [
        1,
        1,
        1,
    ]
    assert len([mail for mail in world.mails() if mail["subject"].endswith("is cancelled")]) == 1


CRASHES = [
    failpoints.CLAIM_AFTER_COMMIT,
    failpoints.INTENT_AFTER_COMMIT,
    failpoints.OUTCOME_BEFORE_COMMIT,
    failpoints.OUTCOME_COMMIT_LOST,
]


@pytest.mark.parametrize("place", CRASHES)
def test_it_is_taken_up_again_wherever_a_worker_dies_and_nothing_happens_twice(world: World, place: str) -> None:
    packed(world)
    cancel(world)
    died: set[int] = set()

    while steps := world.database.execute("select id from steps where state in ('ready', 'running') order by id"):
        world.database.execute("update steps set due_at = clock_timestamp(), lease_until = clock_timestamp()")
        for (step_id,) in steps:
            failpoints.arm("" if step_id in died else f"{place}=raise")
            with suppress(failpoints.Struck):
                world.run(step_id)
            died.add(step_id)
    failpoints.arm("")

    view = world.view()
    assert (view.status, view.holds) == ("refunded", ())
    effects = world.effects()
    assert [effects[kind] for kind in ("label.voided", "payment.refunded", "credit.created")] == [1, 1, 1]
    struck = {step.kind for step in view.steps if step.id in died}
    assert {"shipment.void", "payment.refund", "credit_note.issue", "credit_note.send", "mail.cancelled"} <= struck
