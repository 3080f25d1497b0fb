"""What was refused for wrong data runs again once the data is right, and our items are found by number and by name."""

import pytest
from sqlmodel import Session

from backend.domain.fixes import OFFERED, Fix
from backend.domain.holds import HoldKind, HoldSource
from backend.services import actions, holds, sku_fix
from backend.services.fixes import preview_fix
from backend.services.run import in_unit_of_work
from backend.store import holds as hold_store
from backend.store import orders
from tests.conftest import Database
from tests.factories import created, item, new_order, stocked
from tests.services.test_fixes import ANNA, form, make, view
from tests.world import World


@pytest.fixture
def refused(world: World) -> str:
    """An order whose invoice was refused; a colleague stops it to see to the tax number."""
    stocked("LNT-STR-BRS", 100)
    world.keep_parcels_back()
    world.fault("invoiceninja", "refuse", "invoice", times=1)
    world.place()
    world.settle()
    number = world.number()
    assert world.step("invoice.issue")["state"] == "parked"
    in_unit_of_work(actions.hold, number, actor=ANNA, reason="the tax number is wrong")
    return number


def test_a_refused_invoice_is_issued_after_the_tax_number_is_mended(world: World, refused: str) -> None:
    wanted = {"tax_id": "DE123456789"}
    assert "Issue invoice: it was refused before and runs again." in form(refused, Fix.TAX_ID, wanted).preview.effects

    make(refused, Fix.TAX_ID, wanted)
    world.settle()

    again = world.step("invoice.issue")
    assert (again["generation"], again["state"]) == (2, "done")
    assert world.effects()["invoice.created"] == world.effects()["invoice.sent"] == 1
    assert world.database.execute("select count(*) from invoices") == [(1,)]
    assert world.effects()["label.bought"] == world.effects()["payment.captured"] == 1


def test_a_fix_of_something_else_leaves_the_refused_invoice_alone(world: World, refused: str) -> None:
    make(refused, Fix.CONTACT, {"email": "greta@example.net"})
    world.settle()
    assert (world.step("invoice.issue")["generation"], world.step("invoice.issue")["state"]) == (1, "parked")


def test_an_invoice_that_may_have_been_issued_is_left_to_be_asked_for(world: World, refused: str) -> None:
    world.database.execute("update steps set in_doubt = true, outcome = 'in_doubt' where kind = 'invoice.issue'")
    assert form(refused, Fix.TAX_ID, {"tax_id": "DE123456789"}).preview.refusal.startswith("The invoice may just be")


def test_a_refused_refund_offers_no_correction_of_the_parcel(database: Database) -> None:
    order = created()
    for step, fixes in (("payment.refund", ()), ("shipment.create", OFFERED[HoldKind.PROVIDER_REFUSED])):
        facts = {"step": step, "outcome": "rejected"}
        hold = in_unit_of_work(_refused_by_provider, order.number, facts)
        (shown,) = [one for one in view(order.number).holds if one.id == hold]
        assert shown.fixes == fixes
        refusal = in_unit_of_work(preview_fix, order.number, hold, Fix.WEIGHT, actor=ANNA).preview.refusal
        assert (refusal == "") == bool(fixes)
        database.execute("update holds set closed_at = now(), closed_by = 'x' where id = %s", (hold,))


def _refused_by_provider(session: Session, number: str, facts: dict[str, str]) -> int:
    order = orders.lock_by_number(session, number)
    given = {"source": HoldSource.STEP, "provider": "shopify", "facts": facts}
    holds.place(session, order, HoldKind.PROVIDER_REFUSED, "It was refused.", **given)
    return max(hold.id for hold in hold_store.open_of(session, order.id))


def found(text: str) -> list[str]:
    return [one.sku for one in in_unit_of_work(sku_fix.find, text, 3)]


def test_the_whole_catalogue_is_searched_by_number_and_by_name(database: Database) -> None:
    for sku in ("A-1", "MUG-BLUE", "MUG-RED", "TEA-MUG", "ZED_10", "ZEDX10"):
        stocked(sku, 5)
    database.execute("update inventory set name = 'Enamel cup, red' where sku = 'MUG-RED'")
    assert found("mug") == ["MUG-BLUE", "MUG-RED", "TEA-MUG"]
    assert found("enamel CUP") == ["MUG-RED"]
    assert found("MUG-RED-S25/b") == ["MUG-RED"]
    assert found("ZED_") == ["ZED_10"]
    assert found("") == ["A-1", "MUG-BLUE", "MUG-RED"]
    assert found("nothing like it") == []


def test_what_is_typed_into_the_fix_is_looked_for_beyond_the_first_items(database: Database) -> None:
    for place in range(60):
        stocked(f"AAA-{place:03d}", 1)
    stocked("LNT-STR-BRS", 100)
    number = created(new_order(item(quantity=1))).number
    in_unit_of_work(actions.hold, number, actor=ANNA, reason="wrong lantern")
    assert len(form(number, Fix.SKU).choices) == 50
    typed = form(number, Fix.SKU, {"sku-1": "lnt"})
    assert [choice.sku for choice in typed.choices] == ["LNT-STR-BRS"]
