"""Fixing in place: the data of a held order is corrected where it stands, judged by the rule that held it, and goes on."""

from typing import Any

import pytest

from backend import settings
from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, NotAllowed, NotPossible, PreviewOutdated
from backend.domain.fixes import FieldsRefused, Fix, FixForm
from backend.domain.holds import HoldKind
from backend.domain.permissions import Actor, Role
from backend.services import actions, fixes, notes, order_lists, orders
from backend.services.run import in_unit_of_work
from backend.store import orders as order_store
from tests.conftest import Database
from tests.factories import address, created, customer, item, new_order, staff, stocked
from tests.world import World

ANNA, BEN = staff(number=1), staff(number=2)
BAD_POSTCODE = {"shipping": address(postal_code="1011")}


def view(number: str) -> Any:
    return in_unit_of_work(orders.order_view, number, actor=ANNA)


def open_kinds(number: str) -> list[str]:
    return [hold.kind for hold in view(number).holds]


def form(number: str, fix: Fix, values: dict[str, str] | None = None, kind: str = "", who: Actor = ANNA) -> FixForm:
    found = [hold for hold in view(number).holds if kind in ("", hold.kind)]
    return in_unit_of_work(fixes.preview_fix, number, found[0].id, fix, values, actor=who)


def make(
    number: str,
    fix: Fix,
    values: dict[str, str],
    kind: str = "",
    who: Actor = ANNA,
    shown: FixForm | None = None,
    reason: str = "",
) -> ActionDone:
    shown = shown or form(number, fix, values, kind, who)
    hold = next(hold for hold in [*view(number).holds, *view(number).closed_holds] if kind in ("", hold.kind))
    carried = {"version": shown.preview.version, "token": shown.preview.token}
    return in_unit_of_work(fixes.fix_in_place, number, hold.id, fix, values, actor=who, reason=reason, **carried)


def fields(shown: FixForm) -> dict[str, tuple[str, str]]:
    return {field.name: (field.value, field.error) for field in shown.fields}


def facts(database: Database) -> list[list[tuple[Any, ...]]]:
    tables = ("addresses", "order_items", "holds", "timeline", "audit", "order_amendments", "sku_aliases", "steps")
    return [database.execute(f"select * from {table} order by 1") for table in tables]


def test_the_form_shows_what_is_there_and_what_is_wrong_with_it(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    shown = form(number, Fix.SHIPPING_ADDRESS)
    assert fields(shown)["line1"] == ("Torstraße 140", "")
    assert fields(shown)["postal_code"] == ("1011", "The postcode is not valid. In DE it looks like 26133.")
    assert (shown.changed, shown.possible, shown.preview.effects) == ((), False, ())


def test_a_corrected_address_closes_the_hold_by_its_check_and_the_order_goes_on(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    assert open_kinds(number) == ["address_malformed"]
    wanted = {"postal_code": "10119", "line2": " Hinterhaus  2 "}
    shown = form(number, Fix.SHIPPING_ADDRESS, wanted)
    assert shown.changed == ("Second line", "Postcode")
    assert shown.preview.effects == (
        "Delivery address: Second line and postcode changed; old and new go into the timeline.",
        "“Address does not look right” passes its check now and is closed.",
    )
    assert shown.preview.remaining_holds == ()

    done = make(number, Fix.SHIPPING_ADDRESS, wanted)

    assert done == ActionDone("Delivery address corrected. The order goes on.")
    assert open_kinds(number) == []
    after = view(number)
    assert (after.shipping_address.postal_code, after.shipping_address.line2) == ("10119", "Hinterhaus 2")
    assert [(hold.closed_how, hold.closed_by) for hold in after.closed_holds] == [("mended", "Holdfast")]
    assert database.execute("select kind, state from steps where kind = 'payment.capture'") == [
        ("payment.capture", "ready")
    ]


def test_the_timeline_tells_who_changed_which_field_and_why_and_keeps_the_values_sealed(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    make(number, Fix.SHIPPING_ADDRESS, {"postal_code": "10119", "line1": "Ackerstraße 1"}, reason=" She called. ")
    (entry,) = [entry for entry in view(number).timeline if entry.kind == "order:corrected"]
    words = "Delivery address corrected: Street and number, Postcode. Reason: She called."
    assert (entry.actor, entry.text) == ("Colleague 1", words)
    assert entry.data["changes"] == [
        {"what": "Street and number", "field": "line1", "old": "Torstraße 140", "new": "Ackerstraße 1"},
        {"what": "Postcode", "field": "postal_code", "old": "1011", "new": "10119"},
    ]
    for table in ("timeline", "audit", "order_amendments", "holds"):
        assert "Ackerstra" not in str(database.execute(f"select * from {table}"))


def test_a_correction_that_breaks_the_same_rule_changes_nothing(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    before = facts(database)
    with pytest.raises(FieldsRefused) as refused:
        make(number, Fix.SHIPPING_ADDRESS, {"postal_code": "999"})
    assert refused.value.errors == {"postal_code": "The postcode is not valid. In DE it looks like 26133."}
    assert facts(database) == before


def test_a_correction_that_another_check_finds_fault_with_says_so_and_holds_for_it(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    wanted = {"postal_code": "10119", "line1": "Postfach 12 34"}
    shown = form(number, Fix.SHIPPING_ADDRESS, wanted)
    assert shown.possible
    assert shown.preview.effects[-1] == (
        "The order is then held: PO box address. The delivery address is a post office box."
    )
    assert make(number, Fix.SHIPPING_ADDRESS, wanted).sentence == "Delivery address corrected. 1 hold remains."
    assert open_kinds(number) == ["po_box"]


def test_what_a_person_approved_is_not_held_again_for_the_same_address_and_the_order_says_who_did(
    database: Database,
) -> None:
    box = address(line1="Postfach 12 34")
    first = created(new_order(shipping=box))
    (hold,) = view(first.number).holds
    shown = in_unit_of_work(actions.preview_release, first.number, [hold.id], actor=BEN)
    in_unit_of_work(
        actions.release, first.number, [hold.id], actor=BEN, version=shown.version, token=shown.token, reason="known"
    )

    again = created(new_order(shipping=address(line1="POSTFACH  12 34")))
    other = created(new_order(shipping=address(line1="Postfach 56")))

    assert (open_kinds(again.number), open_kinds(other.number)) == ([], ["po_box"])
    (waived,) = [entry for entry in view(again.number).timeline if entry.kind == "hold:waived"]
    assert waived.text.startswith("PO box address: not held, approved by Colleague 2 on ")
    assert "Postfach" not in waived.text


def test_a_hold_that_a_check_closed_by_itself_approves_nothing(database: Database) -> None:
    box = address(line1="Postfach 12 34")
    number = created(new_order(shipping=box)).number
    make(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 1"})
    assert open_kinds(created(new_order(shipping=box)).number) == ["po_box"]


def test_a_missing_address_is_given_and_the_label_can_be_asked_for(database: Database) -> None:
    number = created(new_order(shipping=None, billing=None)).number
    assert fields(form(number, Fix.SHIPPING_ADDRESS))["country"] == ("", "The country is missing.")
    wanted = {"line1": "Torstraße 140", "city": "Berlin", "postal_code": "10119", "country": "DE"}
    make(number, Fix.SHIPPING_ADDRESS, wanted)
    assert open_kinds(number) == []
    assert view(number).shipping_address.email == "greta.lindenau@example.org"


def test_two_people_make_one_correction_and_the_second_is_told_by_whom(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    (hold,) = view(number).holds
    wanted = {"postal_code": "10119"}
    annas, bens = form(number, Fix.SHIPPING_ADDRESS, wanted), form(number, Fix.SHIPPING_ADDRESS, wanted, who=BEN)
    make(number, Fix.SHIPPING_ADDRESS, wanted, shown=annas)
    with pytest.raises(PreviewOutdated, match="Colleague 1: “Delivery address corrected: Postcode”"):
        make(number, Fix.SHIPPING_ADDRESS, wanted, who=BEN, shown=bens)
    repeated = make(number, Fix.SHIPPING_ADDRESS, wanted, shown=annas)
    assert repeated.repeated
    assert database.execute("select count(*) from order_amendments") == [(1,)]
    with pytest.raises(AlreadyDone):
        in_unit_of_work(
            fixes.fix_in_place, number, hold.id, Fix.SHIPPING_ADDRESS, wanted, actor=BEN,
            version=annas.preview.version, token=annas.preview.token,
        )  # fmt: skip


def test_who_may_only_look_corrects_nothing(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    before = facts(database)
    for role in (Role.FINANCE, Role.QA):
        with pytest.raises(NotAllowed):
            form(number, Fix.SHIPPING_ADDRESS, {"postal_code": "10119"}, who=staff(role))
        with pytest.raises(NotAllowed):
            make(
                number,
                Fix.SHIPPING_ADDRESS,
                {"postal_code": "10119"},
                who=staff(role),
                shown=form(number, Fix.SHIPPING_ADDRESS),
            )
    assert facts(database) == before


def test_a_hold_offers_only_what_it_is_about(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    assert form(number, Fix.WEIGHT).preview.refusal.startswith("“Address does not look right” is not about that.")
    with pytest.raises(NotPossible):
        make(number, Fix.WEIGHT, {"grams-1": "12"})


def test_contact_data_is_corrected_on_a_persons_hold_which_stays(database: Database) -> None:
    number = created(new_order(customer=customer(email="greta@exmaple.org"))).number
    in_unit_of_work(actions.hold, number, actor=ANNA, reason="mail came back")
    shown = form(number, Fix.CONTACT, {"email": "greta@", "phone": "x"})
    assert [bool(error) for _, error in fields(shown).values()] == [True, True]
    with pytest.raises(NotPossible, match="Nothing is changed yet"):
        make(number, Fix.CONTACT, {})
    make(number, Fix.CONTACT, {"email": "greta@example.org", "phone": "030 5550199"})
    after = view(number)
    assert (open_kinds(number), after.email, after.shipping_address.phone) == (
        ["by_staff"],
        "greta@example.org",
        "030 5550199",
    )
    found = in_unit_of_work(order_lists.order_page, actor=ANNA, query="greta@example.org")
    assert [row.number for row in found.rows] == [number]


def test_a_tax_number_without_its_countrys_form_holds_and_is_corrected_for_the_invoice(database: Database) -> None:
    number = created(new_order(tax_id="DE12")).number
    assert open_kinds(number) == ["tax_id_malformed"]
    shown = form(number, Fix.TAX_ID, {"tax_id": "DE1234"})
    assert fields(shown)["tax_id"][1] == "The tax number does not have the form of DE: it looks like DE123456789."
    make(number, Fix.TAX_ID, {"tax_id": "DE 123 456 789"})
    assert open_kinds(number) == []
    sealed = database.execute("select count(*) from addresses where tax_id is not null")
    assert sealed == [(1,)]


def test_a_lines_item_is_named_its_stock_moves_along_and_the_next_order_follows(database: Database) -> None:
    stocked("LNT-STR-BRS", 1)
    stocked("LNT-STR-BRASS", 10)
    number = created(new_order(item(quantity=2))).number
    assert open_kinds(number) == ["out_of_stock"]
    shown = form(number, Fix.SKU)
    assert [choice.sku for choice in shown.choices] == ["LNT-STR-BRASS", "LNT-STR-BRS"]
    assert fields(form(number, Fix.SKU, {"sku-1": "NOPE"}))["sku-1"] == ("NOPE", "This is not one of our items.")

    make(number, Fix.SKU, {"sku-1": "LNT-STR-BRASS"})

    assert open_kinds(number) == []
    assert database.execute("select sku, on_hand, reserved from inventory order by sku") == [
        ("LNT-STR-BRASS", 10, 2),
        ("LNT-STR-BRS", 1, 0),
    ]
    second = created(new_order(item(quantity=3))).number
    assert open_kinds(second) == []
    assert database.execute("select sku, channel_sku from order_items order by id") == [
        ("LNT-STR-BRASS", "LNT-STR-BRS"),
        ("LNT-STR-BRASS", "LNT-STR-BRS"),
    ]
    assert database.execute("select reserved from inventory where sku = 'LNT-STR-BRASS'") == [(5,)]


def test_an_item_that_is_none_of_ours_holds_where_that_is_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_CHECKS", "stock,sku")
    settings.current.cache_clear()
    stocked("MUG", 5)
    number = created(new_order(item(sku="their-mug", quantity=1))).number
    assert open_kinds(number) == ["sku_unknown"]
    make(number, Fix.SKU, {"sku-1": "MUG"})
    assert open_kinds(number) == []
    assert open_kinds(created(new_order(item(sku="their-mug", quantity=1))).number) == []


def test_a_reservation_under_the_wrong_number_is_free_again(database: Database) -> None:
    stocked("LNT-STR-BRS", 5)
    stocked("OTHER", 5)
    number = created().number
    in_unit_of_work(actions.hold, number, actor=ANNA, reason="wrong lantern")
    make(number, Fix.SKU, {"sku-1": "OTHER"})
    assert database.execute("select sku, reserved from inventory order by sku") == [("LNT-STR-BRS", 0), ("OTHER", 2)]
    assert database.execute("select sku, state, quantity from reservations") == [("OTHER", "reserved", 2)]


def carrier_knows_not(world: World, order: dict[str, Any], operation: str = "validate") -> str:
    world.keep_parcels_back()
    world.fault("shipengine", "bad_address", operation, times=1, order=str(order["id"]))
    world.send(order)
    world.settle()
    return world.number()


def test_an_address_that_the_carrier_does_not_know_is_corrected_checked_again_and_shipped(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    number = carrier_knows_not(world, world.place(send=False))
    assert open_kinds(number) == ["address_invalid"]
    shown = form(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 141"})
    assert shown.preview.effects[1:] == (
        "“Address not deliverable” is closed, and only the failed step runs again.",
        "ShipEngine is asked about the new address; if it is not known either, the order is held again.",
    )
    make(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 141"})
    assert world.step("shipment.verify_address")["generation"] == 2
    world.settle()
    assert (open_kinds(number), view(number).status) == ([], "processing")
    assert world.effects()["label.bought"] == world.effects()["payment.captured"] == 1
    assert world.step("shipment.create")["generation"] == 1


def test_a_label_refused_for_its_address_waits_for_the_carriers_word_on_the_new_one(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    number = carrier_knows_not(world, world.place(send=False), "label")
    (hold,) = view(number).holds
    assert (hold.kind, world.step("shipment.create")["state"]) == ("address_invalid", "parked")
    world.fault("shipengine", "bad_address", "validate", times=1)

    make(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 141"})
    world.settle()

    assert open_kinds(number) == ["address_invalid"]
    assert world.effects().get("label.bought", 0) == 0
    assert (world.step("shipment.create")["state"], world.step("shipment.create")["outcome"]) == (
        "cancelled",
        "superseded",
    )
    make(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 142"})
    world.settle()
    assert (open_kinds(number), view(number).status) == ([], "processing")
    assert world.step("shipment.create")["key"] == f"{number}:shipment.create:2"
    assert world.effects()["label.bought"] == 1


def test_a_refused_parcel_goes_again_as_a_new_request_with_the_corrected_weight(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    order = world.place(send=False)
    world.keep_parcels_back()
    world.fault("shipengine", "refuse", "label", times=1, order=str(order["id"]))
    world.send(order)
    world.settle()
    number = world.number()
    assert open_kinds(number) == ["shipment_not_accepted"]
    shown = form(number, Fix.WEIGHT, {"grams-1": "750"})
    assert shown.preview.effects[-1] == (
        "Buy shipping label: ShipEngine is sent a new request; the refused one had no effect."
    )
    make(number, Fix.WEIGHT, {"grams-1": "750"})
    world.settle()
    assert (open_kinds(number), view(number).status) == ([], "processing")
    assert world.step("shipment.create")["generation"] == 2
    assert world.step("shipment.verify_address")["generation"] == 1
    assert world.database.execute("select grams from parcels") == [(750 * 2 + 500,)]


def test_nothing_is_corrected_once_the_label_is_bought(world: World) -> None:
    stocked("LNT-STR-BRS", 100)
    world.keep_parcels_back()
    world.place()
    world.settle()
    number = world.number()
    in_unit_of_work(actions.hold, number, actor=ANNA, reason="customer moved")
    shown = form(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 141"})
    assert shown.preview.refusal == (
        "The order is processing: its label carries the old data. Agree with carrier or customer instead."
    )
    before = facts(world.database)
    with pytest.raises(NotPossible):
        make(number, Fix.SHIPPING_ADDRESS, {"line1": "Torstraße 141"})
    assert form(number, Fix.BILLING_ADDRESS).preview.refusal.startswith("Invoice INV-000001 is issued already")
    assert facts(world.database) == before


def test_a_label_in_doubt_keeps_its_address(database: Database) -> None:
    number = created().number
    in_unit_of_work(actions.hold, number, actor=ANNA, reason="look at it")
    database.execute("update orders set status = 'confirmed'")
    database.execute("update steps set kind = 'shipment.create', in_doubt = true where kind = 'payment.capture'")
    assert form(number, Fix.SHIPPING_ADDRESS, {"line1": "X"}).preview.refusal == (
        "A label may have been bought with the old data. Have the provider asked first."
    )


def test_a_note_meanwhile_outdates_nothing_but_another_hold_does(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    wanted = {"postal_code": "10119"}
    shown = form(number, Fix.SHIPPING_ADDRESS, wanted)
    in_unit_of_work(notes.add_note, number, "called", actor=BEN)
    in_unit_of_work(actions.hold, number, actor=BEN, reason="wait for me")
    with pytest.raises(PreviewOutdated, match="Colleague 2 held it"):
        make(number, Fix.SHIPPING_ADDRESS, wanted, kind=HoldKind.ADDRESS_MALFORMED, shown=shown)
    assert in_unit_of_work(order_store.by_number, number).version > shown.preview.version
