"""Answers that are wrong, late, or none at all: never believed, never booked as if right, and the outside gets one of each."""

import json
from dataclasses import replace
from typing import Any

import pytest

from backend import settings, wiring
from backend.domain.permissions import Role
from backend.domain.refunds import RefundWish
from backend.services import actions, refunds
from backend.services.run import in_unit_of_work
from backend.settings import Settings
from tests.factories import staff
from tests.services.test_doubt import ONE_OF_EACH, attempts
from tests.world import World, use

ENTRIES = "select kind, amount_minor, currency from payment_entries where kind in ('captured', 'refunded') order by id"
CAPTURED = ("captured", 11920, "EUR")
GENTLE = {
    "slow_drip": {"delay_seconds": 0.5},
    "huge_body": {},
    "huge_header": {},
    "empty": {},
    "redirect": {"effect": True},
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call may take a second."""
    monkeypatch.setenv("HOLDFAST_STEP_DEADLINE", "1")
    settings.current.cache_clear()


@pytest.fixture
def other_world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world in which Razorpay takes the money and EasyPost sells the labels."""
    chosen = {"payment_gateway": "razorpay", "shipping_provider": "easypost"}
    environment = world.outside.practice.settings_for_holdfast(Settings.model_validate(chosen))
    use(environment | {f"HOLDFAST_{name.upper()}": value for name, value in chosen.items()}, monkeypatch)
    world.adapters = wiring.build(settings.current())
    return world


def retry(world: World) -> None:
    """Staff click retry on the only open hold."""
    (hold,) = world.view().holds
    shown = in_unit_of_work(actions.preview_retry, world.number(), hold.id, actor=world.actor)
    assert shown.refusal == ""
    # A webhook may have told meanwhile how it ended; else the provider is asked. Nothing is sent anew in either case.
    assert any("asked first" in effect or "Nothing is sent" in effect for effect in shown.effects), shown.effects
    in_unit_of_work(
        actions.retry,
        world.number(),
        hold.id,
        actor=world.actor,
        version=shown.version,
        token=shown.token,
        reason="looked at the provider's own page",
    )
    world.settle()


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency"])
def test_a_capture_of_other_money_is_held_and_a_retry_asks_and_books_the_right_one(world: World, fault: str) -> None:
    world.fault("shopify", fault, "capture", times=1)
    world.place()
    world.settle()

    (hold,) = world.view().holds
    assert (hold.kind, world.view().status) == ("payment_mismatch", "pending")
    assert "Nothing was booked" in hold.reason
    assert world.database.execute(ENTRIES) == []
    assert world.step("payment.capture")["in_doubt"] is True

    retry(world)

    assert (world.view().status, world.database.execute(ENTRIES)) == ("delivered", [CAPTURED])
    assert world.effects() == ONE_OF_EACH
    assert world.step("payment.capture")["generation"] == 1


@pytest.mark.parametrize(
    ("provider", "operation", "kind"),
    [
        ("shopify", "capture", "payment.capture"),
        ("invoiceninja", "invoice", "invoice.issue"),
        ("shipengine", "label", "shipment.create"),
        ("shopify", "fulfilment", "channel.update"),
    ],
)
def test_an_answer_about_something_else_is_asked_again_and_mends_itself(
    world: World, provider: str, operation: str, kind: str
) -> None:
    world.fault(provider, "wrong_reference", operation, times=1)
    world.place()
    world.settle()

    assert (world.view().status, world.view().held) == ("delivered", False)
    assert attempts(world, kind) == [("in_doubt", False), ("ok", True)]
    assert world.effects() == ONE_OF_EACH


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency"])
def test_an_invoice_shown_over_other_money_is_asked_for_again(world: World, fault: str) -> None:
    world.fault("invoiceninja", fault, "invoice", times=1)
    world.place()
    world.settle()

    assert attempts(world, "invoice.issue") == [("in_doubt", False), ("ok", True)]
    assert world.effects() == ONE_OF_EACH
    ((total, currency),) = world.database.execute(
        "select total_minor, currency from invoices where stored_at is not null"
    )
    assert (total, currency) == (11920, "EUR")


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency", "wrong_reference"])
def test_another_document_is_never_stored_as_ours(world: World, fault: str) -> None:
    world.place()
    world.keep_parcels_back()
    for _ in range(40):
        if world.database.execute("select 1 from steps where kind = 'invoice.store' and state = 'ready'"):
            break
        world.take_in()
        world.run_due()
    world.fault("invoiceninja", fault, "read", times=1)
    world.settle()

    assert [outcome for outcome, _ in attempts(world, "invoice.store")] == ["in_doubt", "ok"]
    assert world.step("invoice.store")["state"] == "done"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("wrong_amount", "payment_mismatch"), ("wrong_currency", "payment_mismatch"), ("wrong_reference", "")],
)
def test_a_customer_is_not_sent_to_pay_anything_else(world: World, fault: str, kind: str) -> None:
    world.fault("stripe", "slow", "pay", delay_seconds=6)
    world.fault("stripe", fault, "intent", times=1)
    world.place(status="pending")
    while not world.database.execute("select 1 from attempts"):
        world.outside.letterbox.wait(0.05)
        world.take_in()
        world.run_due()

    if kind:
        (hold,) = world.view().holds
        assert hold.kind == kind
        retry(world)
    world.settle()
    assert (world.view().status, world.database.execute(ENTRIES)) == ("delivered", [CAPTURED])
    assert world.effects()["payment_intent.created"] == 1


@pytest.mark.parametrize("gateway", ["shopify", "razorpay"])
@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency", "wrong_reference"])
def test_a_refund_is_never_paid_twice_because_its_answer_was_wrong(
    request: pytest.FixtureRequest, gateway: str, fault: str
) -> None:
    world: World = request.getfixturevalue("other_world" if gateway == "razorpay" else "world")
    for carrier in ("shipengine", "easypost"):
        world.fault(carrier, "refuse", "tracking")
    world.place(status="pending" if gateway == "razorpay" else "authorized")
    world.settle()
    world.fault(gateway, fault, "refund", times=1)
    world.fault("razorpay", "webhook_late", "webhook", delay_seconds=3)
    number = world.number()
    wish = replace(RefundWish(full=False), amount_minor=1_000)
    shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=world.actor)
    in_unit_of_work(
        refunds.refund, number, wish, actor=world.actor, version=shown.version, token=shown.token, reason="broken"
    )
    world.take_in()
    world.run_due()

    assert ("refunded", 1_000, "EUR") not in world.database.execute(ENTRIES)
    world.settle()
    if world.view().holds:
        assert [hold.kind for hold in world.view().holds] == ["payment_mismatch"]
        retry(world)

    assert world.database.execute(ENTRIES) == [CAPTURED, ("refunded", 1_000, "EUR")]
    assert [entry["amount_minor"] for entry in world.journal(kind="payment.refunded")] == [1_000]


@pytest.mark.parametrize("fault", sorted(GENTLE))
@pytest.mark.parametrize(
    ("provider", "operation", "kind"),
    [("shopify", "capture", "payment.capture"), ("shipengine", "label", "shipment.create")],
)
def test_an_answer_that_is_none_is_asked_for(
    world: World, impatient: None, provider: str, operation: str, kind: str, fault: str
) -> None:
    world.fault(provider, fault, operation, times=1, **GENTLE[fault])
    world.place()
    world.settle()

    assert (world.view().status, world.view().held) == ("delivered", False)
    assert attempts(world, kind)[0] == ("in_doubt", False)
    assert world.effects() == ONE_OF_EACH


@pytest.mark.parametrize(("status", "effect"), [(200, True), (200, False), (502, True), (502, False)])
def test_a_proxys_page_is_neither_yes_nor_no(world: World, status: int, effect: bool) -> None:
    world.fault("shipengine", "html", "label", times=1, status=status, effect=effect)
    world.place()
    world.settle()

    assert world.view().status == "delivered"
    assert attempts(world, "shipment.create")[0] == ("in_doubt", False)
    assert world.effects() == ONE_OF_EACH


def test_a_redirect_is_not_followed(world: World) -> None:
    world.fault("shipengine", "redirect", "label", times=1)
    world.place()
    world.settle()

    ((exchanges,),) = world.database.execute(
        "select a.exchanges from attempts a join steps s on s.id = a.step_id where s.kind = 'shipment.create' "
        "order by a.id limit 1"
    )
    assert [exchange["status"] for exchange in exchanges] == [302]
    assert "169.254" not in json.dumps([exchange["url"] for exchange in exchanges])
    assert world.effects() == ONE_OF_EACH


def test_what_is_accepted_late_is_found_by_a_question_after_the_grace_time(world: World) -> None:
    world.fault("shipengine", "accept_late", "label", times=1, delay_seconds=1)
    world.place()
    until_doubt = 0
    while not world.database.execute("select 1 from steps where kind = 'shipment.create' and in_doubt"):
        world.take_in()
        world.run_due()
        until_doubt += 1
        assert until_doubt < 200
    ((grace,),) = world.database.execute(
        "select extract(epoch from due_at - last_sent_at)::float8 from steps where kind = 'shipment.create'"
    )
    assert grace >= 10, "a question before that could find nothing"
    while world.control("GET", "/agenda")["waiting"].get("late"):
        world.outside.letterbox.wait(0.1)

    world.settle()

    assert attempts(world, "shipment.create") == [("in_doubt", False), ("ok", True)]
    assert world.effects() == ONE_OF_EACH


def test_staff_of_any_desk_see_the_mismatch_in_words(world: World) -> None:
    world.fault("shopify", "wrong_amount", "capture", times=1)
    world.place()
    world.settle()

    world.actor = staff(Role.CUSTOMER_SERVICE)
    (hold,) = world.view().holds
    assert hold.title == "Payment does not match"
    assert hold.reason == "Shopify captured 120.20 EUR, but the order needs 119.20 EUR. Nothing was booked."
    assert [str(action) for action in hold.actions] == ["retry"]


def effects_of(world: World, *kinds: str) -> dict[str, Any]:
    counts = world.effects()
    return {kind: counts.get(kind, 0) for kind in kinds}


@pytest.mark.parametrize(
    ("provider", "operation", "fault"),
    [
        ("easypost", "buy", "wrong_amount"),
        ("easypost", "buy", "wrong_currency"),
        ("easypost", "buy", "wrong_reference"),
        ("easypost", "buy", "empty"),
        ("razorpay", "order", "wrong_reference"),
        ("razorpay", "order", "html"),
    ],
)
def test_the_second_providers_are_not_believed_either(
    other_world: World, provider: str, operation: str, fault: str
) -> None:
    other_world.fault("razorpay", "slow", "pay", delay_seconds=2)
    other_world.fault(provider, fault, operation, times=1, **({"effect": True} if fault == "html" else {}))
    other_world.place(status="pending")
    other_world.settle()

    assert (other_world.view().status, other_world.view().held) == ("delivered", False)
    kinds = ("order.created", "payment.captured", "label.bought")
    assert effects_of(other_world, *kinds) == dict.fromkeys(kinds, 1)
