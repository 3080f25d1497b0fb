"""Creating an order: all of it or nothing, once, and checked before money or parcels move."""

from dataclasses import replace

import pytest
from sqlmodel import Session

from backend import settings
from backend.domain.intake import NewOrder
from backend.domain.orders import PaymentMode
from backend.domain.permissions import provider_actor
from backend.services import actions, intake
from backend.services.amendments import Created
from backend.services.inbox import Verdict
from backend.services.quarantine import quarantine_page
from backend.services.run import in_unit_of_work
from tests.conftest import Database
from tests.factories import address, created, discount, item, new_order, staff, stocked
from tests.shop import shopify_order
from tests.world import World

WRITTEN = (
    "order_days", "customers", "orders", "order_items", "addresses", "pricing_snapshots", "discount_snapshots",
    "timeline", "payment_entries", "inventory", "reservations", "stock_movements", "steps",
)  # fmt: skip


def create(new: NewOrder) -> Created:
    """Send an order in; what came of it."""
    return in_unit_of_work(lambda session: intake.create_order(session, new, actor=provider_actor(new.channel))[1])


def break_writes_to(database: Database, table: str) -> None:
    """Let every write to a table fail, as a full disk or a bug would."""
    database.execute(
        "create or replace function broken() returns trigger language plpgsql as "
        "$$ begin raise exception 'broken on purpose'; end $$"
    )
    database.execute(f"create trigger broken before insert or update on {table} for each row execute function broken()")


def mend(database: Database) -> None:
    database.execute("drop function broken() cascade")


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    return {table: database.execute(f"select t::text from {table} t order by 1") for table in WRITTEN}


def test_a_failure_at_any_write_leaves_nothing_but_the_message_with_a_reason_and_then_the_sweep_finishes(
    world: World,
) -> None:
    stocked("LNT-STR-BRS", 10)
    before = everything(world.database)
    order = world.place(send=False, discount_codes=[{"code": "X", "amount": "0.00", "type": "fixed_amount"}])
    for turn, table in enumerate(WRITTEN, start=1):
        break_writes_to(world.database, table)
        if turn == 1:
            world.send(order)
            while not world.take_in():
                world.outside.letterbox.wait(5)
        else:
            world.database.execute("update inbox set due_at = clock_timestamp(), failures = 0")
            assert world.run_due() == 1, table
        assert everything(world.database) == before, f"a failed write to {table} left something behind"
        ((verdict, failures, problems, handled),) = world.database.execute(
            "select verdict, failures, problems, handled_at from inbox"
        )
        assert (verdict, failures, handled) == ("received", 1, None)
        assert problems[0].startswith("Something went wrong inside Holdfast. Reference ")
        mend(world.database)
    assert world.receipts[0].verdict is Verdict.RECEIVED

    world.database.execute("update inbox set due_at = clock_timestamp()")
    world.settle()

    assert world.view().status == "delivered"
    assert world.database.execute("select verdict, problems from inbox where area = 'channels'") == [("accepted", [])]
    assert world.database.execute("select on_hand, reserved from inventory") == [(8, 0)]


def test_a_message_that_fails_again_and_again_is_put_before_a_person(world: World) -> None:
    break_writes_to(world.database, "orders")
    world.place()
    world.settle()
    for _ in range(10):
        world.database.execute("update inbox set due_at = clock_timestamp()")
        world.run_due()
    ((verdict, failures),) = world.database.execute("select verdict, failures from inbox")
    assert (verdict, failures) == ("quarantined", 6)
    page = in_unit_of_work(quarantine_page, actor=world.actor)
    assert page.total == 1
    assert page.messages[0].problems[0].startswith("Something went wrong inside Holdfast. Reference ")


def test_an_order_is_created_once_however_often_it_comes(world: World) -> None:
    order = world.place()
    world.settle()
    (hook,) = [hook for hook in world.delivered if hook.area == "channels"]
    assert world.hand_in(hook).verdict is Verdict.DUPLICATE
    world.send(order)  # the shop's own retry after it lost our answer: another delivery, the same order
    world.settle()
    assert len(world.numbers()) == 1
    assert world.effects()["payment.captured"] == 1
    assert world.view().holds == ()
    assert world.database.execute("select duplicates from inbox where area = 'channels' order by received_at") == [
        (1,),
        (0,),
    ]


def test_the_same_order_said_twice_in_our_words_changes_nothing(database: Database) -> None:
    new = new_order()
    assert create(new) is Created.NEW
    before = everything(database)
    for same in (new, replace(new, tags=("vip",), risk="low", note="hello", gateway="stripe")):
        assert create(same) is Created.SAME
    assert everything(database) == before


def test_an_order_sent_again_with_other_contents_is_held_for_a_person_and_stays_as_it_was(database: Database) -> None:
    new = new_order()
    order = created(new)
    changed = replace(new, items=(item(quantity=3),), subtotal_minor=14970, total_minor=15460)
    assert create(changed) is Created.AMENDED
    assert database.execute("select kind, reason, provider from holds") == [
        ("order_amended", "Signed JSON channel sent this order again with other contents.", "generic")
    ]
    assert database.execute("select total_minor from orders") == [(order.total_minor,)]
    assert database.execute("select quantity from order_items") == [(2,)]
    (text,) = database.execute("select text from timeline where kind = 'order:amended'")[0]
    assert text == "The order came again with other contents; total there 154.60 EUR."


def release_all(number: str, database: Database, reason: str = "Settled on the phone.") -> None:
    ids = [row[0] for row in database.execute("select id from holds where closed_at is null order by id")]
    actor = staff()
    preview = in_unit_of_work(actions.preview_release, number, ids, actor=actor)
    in_unit_of_work(
        actions.release, number, ids, actor=actor, version=preview.version, token=preview.token, reason=reason
    )


def test_contents_that_a_person_has_released_do_not_hold_the_order_again(database: Database) -> None:
    new = new_order()
    order = created(new)
    changed = replace(new, items=(item(quantity=3),), subtotal_minor=14970, total_minor=15460)
    assert create(changed) is Created.AMENDED
    release_all(order.number, database)
    assert create(changed) is Created.SAME
    assert create(new) is Created.SAME
    assert database.execute("select count(*) from holds where closed_at is null") == [(0,)]
    other = replace(new, items=(item(quantity=4),), subtotal_minor=19960, total_minor=20450)
    assert create(other) is Created.AMENDED
    assert database.execute("select count(*) from holds where closed_at is null") == [(1,)]


def test_an_order_called_off_in_the_shop_is_held_before_anything_more_happens(world: World) -> None:
    world.keep_parcels_back()
    order = world.place()
    world.settle()
    cancelled = {**order, "cancelled_at": "2026-02-01T10:00:00Z", "cancel_reason": "customer"}
    world.send(cancelled, "orders/cancelled")
    world.settle()
    (hold,) = world.view().holds
    assert (hold.kind, hold.reason) == ("cancelled_in_shop", "Shopify says that this order is cancelled.")
    world.heal()
    world.scan(world.view().parcels[0].tracking_number, "AC")
    world.settle()
    assert world.view().status == "processing"


def test_an_order_called_off_before_we_ever_had_it_is_no_order(world: World) -> None:
    world.send(shopify_order(cancelled_at="2026-02-01T10:00:00Z"), "orders/cancelled")
    world.settle()
    assert world.numbers() == []
    assert world.database.execute("select verdict from inbox") == [("ignored",)]


def test_an_unpaid_order_that_is_paid_in_the_shop_after_all_is_verified_there(world: World) -> None:
    world.fault("stripe", "decline", "pay")
    order = world.place(status="pending")
    world.settle()
    assert world.step("payment.request")["state"] == "waiting"
    paid = {**order, "financial_status": "paid", "payment_gateway_names": ["shopify_payments"]}
    world.control("POST", "/reset")  # the shop books the sale when it learns of the order as paid
    world.control("PUT", "/shop/orders", paid)
    world.send(paid, "orders/paid")
    world.settle()
    view = world.view()
    assert (view.status, view.payment_status, view.payment_mode) == ("delivered", "paid", "paid")
    assert world.step("payment.request")["state"] == "cancelled"
    assert world.step("payment.verify")["state"] == "done"


def test_an_order_that_does_not_add_up_goes_to_quarantine_with_the_sum(world: World) -> None:
    world.place(total_price="119.30")
    world.settle()
    assert world.numbers() == []
    (receipt,) = world.receipts
    assert receipt.verdict is Verdict.QUARANTINED
    assert receipt.problems == (
        "The total does not add up: lines after discount 114.30 EUR + shipping 4.90 EUR + tax 0.00 EUR = 119.20 EUR, "
        "but the order says 119.30 EUR (difference 0.10 EUR). Correct the amounts in the shop and send the order again.",
    )
    page = in_unit_of_work(quarantine_page, actor=world.actor)
    assert (page.total, page.messages[0].problems, page.messages[0].provider) == (1, receipt.problems, "shopify")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"currency": "XXQ"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"total_price": "-1.00"}, "The total is negative (-1.00 EUR)."),
        ({"line_items": []}, "The order has no line items; it needs at least one."),
        ({"total_price": 119.2}, "total_price"),
        ({"financial_status": "perhaps"}, "financial_status"),
        ({"created_at": "yesterday", "processed_at": None}, "created_at"),
    ],
)
def test_a_body_that_makes_no_sense_is_kept_with_where_and_why(
    world: World, changes: dict[str, object], word: str
) -> None:
    world.send(shopify_order(**changes))
    world.settle()
    (receipt,) = world.receipts
    assert receipt.verdict is Verdict.QUARANTINED
    assert any(word in problem for problem in receipt.problems), receipt.problems
    assert world.numbers() == []
    assert world.database.execute("select verdict, order_id, body is not null from inbox") == [
        ("quarantined", None, True)
    ]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"shipping": None}, "address_missing"),
        ({"shipping": address(postal_code="1")}, "address_malformed"),
        ({"shipping": address(line1="Postfach 12")}, "po_box"),
        ({"payment_mode": PaymentMode.TERMS}, "payment_terms"),
        ({"risk": "high"}, "fraud_risk"),
    ],
)
def test_a_check_that_finds_something_stops_the_order_before_any_step(
    database: Database, changes: dict[str, object], kind: str
) -> None:
    order = created(new_order(**changes))
    assert database.execute("select kind, source, closed_at from holds") == [(kind, "check", None)]
    assert database.execute("select kind from steps") == [("mail.staff_alert",)]
    assert order.status == "pending"


def test_several_checks_each_have_their_own_hold_and_all_must_be_lifted(database: Database) -> None:
    order = created(new_order(shipping=address(line1="PO Box 1", postal_code="1"), risk="high"))
    kinds = [row[0] for row in database.execute("select kind from holds order by id")]
    assert kinds == ["address_malformed", "po_box", "fraud_risk"]
    actor = staff()
    for place, hold_id in enumerate(row[0] for row in database.execute("select id from holds order by id")):
        assert database.execute("select count(*) from steps where kind = 'payment.capture'") == [(0,)]
        preview = in_unit_of_work(actions.preview_release, order.number, [hold_id], actor=actor)
        assert len(preview.remaining_holds) == 2 - place
        done = in_unit_of_work(
            actions.release, order.number, [hold_id],
            actor=actor, version=preview.version, token=preview.token, reason="Looked at it.",
        )  # fmt: skip
        assert done.sentence == (
            f"Released. {2 - place} other hold(s) remain." if place < 2 else "Released. The order goes on."
        )
    assert database.execute("select state from steps where kind = 'payment.capture'") == [("ready",)]


def test_notes_and_wishes_are_checked_only_where_the_shop_asks_for_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_order(item(wishes=(("Engraving", "G"),)), note="Ring twice")
    created(new)
    assert database.execute("select count(*) from holds") == [(0,)]
    monkeypatch.setenv("HOLDFAST_CHECKS", "note,customisation")
    settings.current.cache_clear()
    created(replace(new, external_id="another"))
    assert database.execute("select kind from holds order by id") == [("customer_note",), ("customisation",)]


def test_everything_the_order_came_with_is_kept(database: Database) -> None:
    created(new_order(item(discount_minor=500), discounts=[discount("A", 300), discount("B", 200)], tags=("vip",)))
    assert database.execute("select position, code, amount_minor from discount_snapshots order by 1") == [
        (1, "A", 300),
        (2, "B", 200),
    ]
    assert database.execute("select tags, discount_minor, status from orders") == [(["vip"], 500, "pending")]
    assert database.execute("select kind, country from addresses order by 1") == [("billing", "DE"), ("shipping", "DE")]


def test_a_customer_who_comes_back_is_the_same_with_the_newest_contact_data(database: Database) -> None:
    first = new_order()
    created(first)
    moved = replace(first.customer, phone="+49 30 5550188")
    created(replace(new_order(), customer=moved))
    assert database.execute("select count(*) from customers") == [(1,)]
    guest = replace(first.customer, external_id="")
    created(new_order(customer=guest))
    created(new_order(customer=guest))
    assert database.execute("select count(*) from customers") == [(3,)]


def test_nothing_is_promised_for_an_order_whose_transaction_fails(database: Database) -> None:
    def create_and_fail(session: Session) -> None:
        intake.create_order(session, new_order(), actor=provider_actor("generic"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_unit_of_work(create_and_fail)
    assert database.execute("select count(*) from orders") == [(0,)]
    assert database.execute("select count(*) from steps") == [(0,)]
    assert created().number.endswith("-00001")
