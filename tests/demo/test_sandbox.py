"""Demo orders that are still on their way work when clicked: the sandbox's shop knows them."""

from dataclasses import replace

import pytest

from backend import clock, settings
from backend.demo import introduce
from backend.demo.loader import DemoData
from backend.domain.desk import OrderView, Preview
from backend.domain.holds import HoldAction
from backend.services import actions
from backend.services.run import in_unit_of_work
from tests.demo.conftest import WISH, config
from tests.world import World

RETRIED = [
    "payment_declined",
    "payment_mismatch",
    "payment_refused",
    "provider_refused",
    "address_invalid",
    "shipment_not_accepted",
    "shipment_out_of_stock",
    "carrier_funds",
    "provider_credentials",
    "provider_not_connected",
    "provider_unavailable",
    "internal_error",
]
RELEASED = [
    "fraud_risk",
    "payment_terms",
    "po_box",
    "address_malformed",
    "customer_note",
    "customisation",
    "country_not_served",
]


@pytest.fixture
def shop(world: World) -> World:
    """A small demo whose open orders the sandbox has been told of."""
    settings_now = config().model_copy(update={"shopify_api_base": settings.current().shopify_api_base})
    DemoData(settings_now).load(replace(WISH, orders=150, held=34, end=clock.now()))
    # What is not held goes on by itself as soon as workers run; here only the clicked orders are to move.
    world.database.execute("update steps set state = 'waiting' where state = 'ready'")
    open_orders = world.database.execute(
        "select count(*) from orders where status in ('pending', 'confirmed', 'processing', 'shipped')"
    )
    assert introduce.to_sandbox(settings_now) == open_orders[0][0]
    return world


def held(shop: World, kind: str) -> tuple[str, int]:
    """Number and hold of an order that is held for this reason alone, a cancellation aside."""
    found = shop.database.execute(
        "select o.number, h.id from holds h join orders o on o.id = h.order_id where h.kind = %s and h.closed_at is null "
        "order by (select count(*) from holds where order_id = o.id and closed_at is null), o.id limit 1",
        (kind,),
    )
    return str(found[0][0]), int(found[0][1])


def click(shop: World, number: str, hold_id: int, action: HoldAction) -> OrderView:
    """Do what the button does, let everything happen that follows, and look at the order."""
    if action is HoldAction.RETRY:
        preview: Preview = in_unit_of_work(actions.preview_retry, number, hold_id, actor=shop.actor)
        act = {"version": preview.version, "token": preview.token}
        in_unit_of_work(actions.retry, number, hold_id, actor=shop.actor, **act)
    elif action is HoldAction.ASK:
        preview = in_unit_of_work(actions.preview_ask, number, hold_id, actor=shop.actor)
        act = {"version": preview.version, "token": preview.token}
        in_unit_of_work(actions.ask, number, hold_id, actor=shop.actor, **act)
    else:
        preview = in_unit_of_work(actions.preview_release, number, [hold_id], actor=shop.actor)
        act = {"version": preview.version, "token": preview.token, "reason": "Settled with the customer."}
        in_unit_of_work(actions.release, number, [hold_id], actor=shop.actor, **act)
    shop.settle()
    return shop.view(number)


def test_a_retry_brings_a_held_demo_order_to_its_customer_whatever_held_it(shop: World) -> None:
    for kind in [*RETRIED, "outcome_unknown"]:
        action = HoldAction.ASK if kind == "outcome_unknown" else HoldAction.RETRY
        view = click(shop, *held(shop, kind), action)
        assert (kind, view.held, view.status, view.shipping_status) == (kind, False, "delivered", "delivered")
        assert (kind, view.captured_minor) == (kind, view.total_minor)
        assert (kind, shop.effects(view.external_id)["label.bought"]) == (kind, 1)
        assert [document.stored for document in view.documents if document.kind == "invoice"] == [True]


def test_a_release_brings_a_held_demo_order_to_its_customer_whatever_held_it(shop: World) -> None:
    for kind in RELEASED:
        view = click(shop, *held(shop, kind), HoldAction.RELEASE)
        assert (kind, view.held, view.status) == (kind, False, "delivered")


def test_the_shop_is_told_of_each_order_once(shop: World) -> None:
    assert introduce.to_sandbox(settings.current()) == 0


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://tidewater.myshopify.com",
        "http://shop.example/shopify",
        "http://127.0.0.1:3090/admin",
        "https://127.0.0.1/shopify",
    ],
)
def test_no_shop_but_a_sandbox_on_this_machine_is_ever_told(address: str) -> None:
    assert introduce.control_address(address) is None


def test_the_control_address_of_a_sandbox_is_beside_its_shop() -> None:
    assert introduce.control_address("http://127.0.0.1:3090/shopify") == "http://127.0.0.1:3090/control"


def cancelled_behind(shop: World, kind: str) -> tuple[str, int]:
    """Number and hold of an order whose cancellation waits behind a hold of this kind."""
    found = shop.database.execute(
        "select o.number, h.id from holds h join orders o on o.id = h.order_id where h.kind = %s and h.closed_at is null and "
        "exists (select 1 from holds where order_id = o.id and kind = 'being_cancelled' and closed_at is null)",
        (kind,),
    )
    return str(found[0][0]), int(found[0][1])


def test_a_cancellation_that_waits_for_its_refund_ends_with_the_retry_of_it(shop: World) -> None:
    view = click(shop, *cancelled_behind(shop, "provider_refused"), HoldAction.RETRY)
    assert (view.held, view.status, view.payment_status) == (False, "refunded", "refunded")
    assert view.refunded_minor == view.captured_minor == view.total_minor


@pytest.mark.parametrize(
    ("kind", "action"),
    [("cancellation_incomplete", HoldAction.RETRY), ("return_to_agree", HoldAction.RELEASE)],
)
def test_a_cancellation_that_waits_for_somebody_ends_with_the_click(shop: World, kind: str, action: HoldAction) -> None:
    view = click(shop, *cancelled_behind(shop, kind), action)
    assert (view.held, view.status) == (False, "refunded")
    assert [document.stored for document in view.documents] == [True, True]
    assert {part.state for part in view.cancellation} == {"done", "not_needed"}
