"""A parcel lists what is in it, where that is known: of several boxes nobody has told which line went into which."""

from backend.domain.order_page import Look, ParcelsTab, Tab
from backend.services.order_page import order_shown
from backend.services.run import in_unit_of_work
from dashboard.pages.order import present_goods
from tests import factories
from tests.conftest import Database


def shipment(database: Database, order: int, state: str, *numbers: str) -> None:
    ((shipment_id,),) = database.execute(
        "insert into shipments (order_id, key, state, provider, reference, carrier, service, cost_minor, cost_currency, "
        "created_at) values (%s, %s, %s, 'shipengine', 'se-1', 'ups', '', 0, '', now()) returning id",
        (order, f"{order}:{numbers}", state),
    )
    for number in numbers:
        database.execute(
            "insert into parcels (shipment_id, order_id, provider, tracking_number, tracking_url, label_url, grams, status, "
            "updated_at) values (%s, %s, 'shipengine', %s, '', '', 500, 'label_created', now())",
            (shipment_id, order, number),
        )


def order() -> tuple[int, str]:
    lines = (factories.item(), factories.item(sku="MUG", quantity=1), factories.digital())
    made = factories.created(factories.new_order(*lines))
    return made.id, made.number


def tab(number: str) -> ParcelsTab:
    found = in_unit_of_work(order_shown, number, Tab.PARCELS, Look(), actor=factories.staff()).content
    assert isinstance(found, ParcelsTab)
    return found


def test_the_only_parcel_of_a_shipment_lists_all_that_is_shipped_and_a_voided_one_nothing(database: Database) -> None:
    order_id, number = order()
    assert present_goods.contents(tab(number)) != []
    shipment(database, order_id, "voided", "1Z1")
    shipment(database, order_id, "labelled", "1Z2")

    found = tab(number)

    assert [(quantity, sku) for quantity, sku, _ in found.contents] == [(2, "LNT-STR-BRS"), (1, "MUG")]
    assert [box.goods for box in found.boxes] == [(), found.contents]
    shown = present_goods.parcels(found)
    assert [len(parcel.goods) for parcel in shown] == [0, 2]
    assert shown[1].goods[1].startswith("1 × ")
    assert present_goods.contents(found) == []


def test_of_two_boxes_it_is_not_said_what_is_in_which(database: Database) -> None:
    order_id, number = order()
    shipment(database, order_id, "labelled", "1Z1", "1Z2")
    found = tab(number)
    assert [box.goods for box in found.boxes] == [(), ()]
    assert len(present_goods.contents(found)) == 2
