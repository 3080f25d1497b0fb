"""A model told again is, line by line, what playing the same order writes."""

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.demo import blanks, fates, payloads, shelves
from backend.demo.blanks import Facts
from backend.demo.fates import Fate
from backend.demo.journey import Frame
from backend.demo.life import Life
from backend.demo.models import EVER, ModelLife, ModelPages, drawn, hour_of, model_of, told_with_stand_ins
from backend.demo.plan import Placed, Plan, Wish
from backend.demo.rows import Pages
from backend.demo.setup import Setup
from backend.demo.story import Ids
from backend.domain.holds import HoldKind
from backend.domain.intake import NewOrder
from backend.domain.permissions import Actor, ActorKind, Role
from backend.integrations.shopify.normalise import normalise
from backend.store import personal
from backend.store.personal import Keyring
from tests.demo.conftest import END, INDEX, KEYS

STAFF = Actor(ActorKind.STAFF, "user:1", "Sofia Marin", Role.CUSTOMER_SERVICE)
FRAME = Frame(EVER, datetime(2000, 1, 1, tzinfo=UTC), STAFF, STAFF, STAFF, STAFF)
IDS = Ids(order=41, item=900, step=1_600, hold=320, refund=41, parcel=77)
AT = datetime(2025, 6, 11, 9, 30, 12, tzinfo=UTC)
INVOICED = ("INV-000123", "CN-000045")


@pytest.fixture(autouse=True)
def _keys() -> None:
    personal.configure(Keyring(KEYS, INDEX))


class _Open(ModelPages):
    """Leaves out of a played life what a model leaves out: whatever is sealed."""

    def fingerprint(self, new: NewOrder) -> str:
        return "f" * 64


def told(life: Life, pages: Pages) -> dict[str, str]:
    pages.write(life)
    return {name: "".join(lines) for name, lines in pages.lines.items()}


def without_tokens(text: str) -> str:
    return re.sub(
        r"(?<![0-9A-Za-z])[0-9a-f]{10,}(?![0-9A-Za-z])", "token", re.sub(r"(pi|evt|dp)_[0-9a-f]+", r"\1", text)
    )


@pytest.mark.parametrize("name", ["", *sorted({str(name) for name in fates._NAMES})])
def test_an_order_told_from_a_model_is_what_playing_it_writes(name: str) -> None:
    placed = Placed(4_321, AT, "ORD-20250611-00017", Fate(name))
    new = normalise(payloads.body(1, 9_000, placed))
    checks = payloads.found(new, placed.fate, frozenset(), frozenset())

    played = Life(FRAME, new, placed.number, IDS, random.Random(5), checks, placed.fate)
    played.play()
    for paper in played.papers:
        paper.number = INVOICED[paper.kind == "credit_note"]
    life = ModelLife(
        FRAME, told_with_stand_ins(new), blanks.ORDER_NUMBER, blanks.STAND_INS, random.Random(5), checks, placed.fate
    )
    life.play()
    model = model_of(life, new, 0, ModelPages(1, AT, "UTC", 500))
    assert model is not None
    numbers = {paper.kind: INVOICED[paper.kind == "credit_note"] for paper in played.papers}
    words = (
        numbers.get("invoice", ""), numbers.get("credit_note", ""), placed.number, placed.number.lower(), new.external_id,
        new.external_number, blanks.CUSTOMER_ID, "f" * 64,
    )  # fmt: skip
    facts = Facts(new.placed_at, IDS, int(new.external_id), words, random.Random(9).getrandbits)
    texts = model.fill(facts)

    again = {table: without_tokens(blank.filled(texts)) for table, blank in model.blanks.items()}

    expected = told(played, _Open(1, AT, "UTC", 500))
    assert again == {table: without_tokens(lines) for table, lines in expected.items()}
    assert [row[:1] + row[2:] for row in played.movements] == [
        (sku, *what, new.placed_at + after) for sku, *what, after in model.movements
    ]
    assert [paper.at(new.placed_at).created_at for paper in model.papers] == [p.created_at for p in played.papers]


def setup_of(orders: int) -> Setup:
    frame = Frame(END, END - timedelta(days=30), STAFF, STAFF, STAFF, STAFF)
    series = {"invoice": "INV", "credit_note": "CN"}
    wish = Wish(orders=orders, days=400, seed=1, held=orders // 100, end=END)
    return Setup(wish, frame, IDS, frozenset({"address", "fraud"}), frozenset(), 500, series)


def test_a_retold_order_keeps_weekday_time_market_and_amounts_and_changes_the_rest() -> None:
    setup = setup_of(8_000)
    plan = Plan(setup.wish)
    shelf = shelves.Shelf(setup, plan, 0)
    dice = random.Random(3)
    found = [(placed, shelf.retold(placed, dice)) for placed in plan.batch(2)]
    retold = [(placed, told) for placed, told in found if told is not None]

    assert len(retold) > len(found) // 2
    for placed, one in retold:
        model = one.model.new
        (busy, weekday, hour), (model_busy, model_weekday, model_hour) = (
            hour_of(one.new.placed_at),
            hour_of(model.placed_at),
        )
        assert (busy, weekday) == (model_busy, model_weekday)
        assert abs(hour - model_hour) <= 3
        assert (one.new.total_minor, one.new.currency) == (model.total_minor, model.currency)
        assert (one.number, one.new.placed_at) == (placed.number, placed.at.replace(microsecond=0))
        assert one.new.external_id != model.external_id
        if one.new.shipping and model.shipping:
            assert one.new.shipping.country == model.shipping.country
            assert one.new.shipping.name == one.new.customer.name
        assert one.new.placed_at + one.model.lasts <= END
    customers = Counter(one.new.customer.external_id for _, one in retold)
    assert len(customers) > len(retold) // 3
    assert len({one.new.external_id for _, one in retold}) == len(retold)


def test_models_are_drawn_from_the_busiest_weekend_too() -> None:
    plan = Plan(replace(setup_of(8_000).wish))
    dice = random.Random(1)
    found = drawn(plan.times, 400, 0, dice)
    assert len(found) == 400
    assert sum(hour_of(placed.at)[0] for placed in found) >= 50
    assert len({placed.serial for placed in found}) == 400


def test_the_address_of_a_trouble_that_lies_in_the_address_stays() -> None:
    setup = setup_of(8_000)
    shelf = shelves.Shelf(setup, Plan(setup.wish), 1)
    own = [model for near in shelf._models._by_hour.values() for model in near if model.own_address]
    assert own
    for model in own:
        person = shelf._people.copy(model.customer, 3)
        new = shelves._of(model, person, AT, 5_000_000_000_001, 7)
        assert (new.shipping and new.shipping.line1) == (model.new.shipping and model.new.shipping.line1)
        assert new.shipping is None or new.shipping.name == person.name


def test_a_stand_in_that_is_none_is_not_taken_for_one() -> None:
    with pytest.raises(ValueError, match="not a stand-in"):
        blanks.number_of_token("deadbeef")
    assert HoldKind.PO_BOX in {HoldKind(name) for name in fates._NAMES if name in set(HoldKind)}
