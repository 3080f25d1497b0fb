"""Faults strike the call they are meant for, as often as they were told to, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from backend.sandbox.fault_kinds import KINDS
from backend.sandbox.faults import OPERATIONS, BadFault, Call, Faults, operations_for
from backend.sandbox.references import References
from backend.sandbox.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.sqlite3")


@pytest.fixture
def references(store: Store) -> References:
    return References(store)


@pytest.fixture
def faults(store: Store, references: References) -> Faults:
    return Faults(store, references, seed=1)


def kinds(faults: Faults, *calls: Call) -> list[Any]:
    return [struck and struck["fault"] for struck in map(faults.strike, calls)]


CAPTURE = Call("stripe", "capture", ("ORD-1",))


def test_without_faults_nothing_goes_wrong(faults: Faults) -> None:
    assert kinds(faults, CAPTURE) == [None]


def test_a_fault_strikes_as_often_as_told_and_counts(faults: Faults) -> None:
    faults.add({"provider": "stripe", "operation": "capture", "fault": "error_5xx", "times": 2})

    assert kinds(faults, CAPTURE, CAPTURE, CAPTURE) == ["error_5xx", "error_5xx", None]
    (fault,) = faults.list()
    assert (fault["hits"], fault["remaining"]) == (2, 0)


def test_a_fault_for_one_order_strikes_it_under_each_of_its_names(faults: Faults, references: References) -> None:
    references.link("5001", "#1001", "1001", "ORD-1", "ORD-1:shipment.create:1")
    faults.add({"provider": "stripe", "fault": "slow", "order": "#1001"})

    for name in ("5001", "1001", "ORD-1", "ORD-1:shipment.create:1", "#1001"):
        assert kinds(faults, Call("stripe", "intent", (name,))) == ["slow"], name
    assert kinds(faults, Call("stripe", "intent", ("5002",)), Call("stripe", "intent")) == [None, None]


def test_a_fault_set_by_a_name_that_is_learnt_later_still_strikes(faults: Faults, references: References) -> None:
    faults.add({"provider": "shopify", "operation": "capture", "fault": "decline", "order": "ORD-9"})
    assert kinds(faults, Call("shopify", "capture", ("5009",))) == [None]

    references.link("5009", "ORD-9")

    assert kinds(faults, Call("shopify", "capture", ("5009",))) == ["decline"]


def test_other_providers_and_operations_are_left_alone(faults: Faults) -> None:
    faults.add({"provider": "shipengine", "operation": "label", "fault": "refuse"})

    assert kinds(faults, CAPTURE, Call("shipengine", "validate"), Call("shipengine", "label")) == [None, None, "refuse"]


def test_refusals_meet_only_operations_that_can_be_refused_so(faults: Faults) -> None:
    faults.add({"provider": "shipengine", "fault": "insufficient_funds"})

    calls = [Call("shipengine", name.rstrip("*")) for name in OPERATIONS["shipengine"]]
    assert [call.operation for call in calls if faults.strike(call)] == ["label"]


def test_answers_can_only_be_lost_where_something_was_accepted(faults: Faults) -> None:
    faults.add({"provider": "invoiceninja", "fault": "accept_then_cut"})

    struck = [name for name in OPERATIONS["invoiceninja"] if faults.strike(Call("invoiceninja", name.rstrip("*")))]
    assert struck == [name for name in OPERATIONS["invoiceninja"] if name.endswith("*")]


def test_every_kind_can_be_played_somewhere_and_only_where_the_menu_says_so(faults: Faults) -> None:
    for kind in KINDS:
        menu = {provider: operations_for(kind, provider) for provider in OPERATIONS}
        assert any(menu.values()), kind
        for provider, operations in menu.items():
            for name in (name.rstrip("*") for name in OPERATIONS[provider]):
                faults.clear()
                if name in operations:
                    faults.add({"provider": provider, "operation": name, "fault": kind})
                    assert kinds(faults, Call(provider, name)) == [kind]
                else:
                    with pytest.raises(BadFault):
                        faults.add({"provider": provider, "operation": name, "fault": kind})


def test_what_struck_is_remembered_with_its_order(faults: Faults, references: References) -> None:
    references.link("5001", "ORD-1")
    faults.add({"provider": "stripe", "fault": "slow", "times": 1})

    faults.strike(CAPTURE)
    faults.strike(CAPTURE)

    (strike,) = faults.strikes
    shown = [strike[name] for name in ("fault", "fault_id", "provider", "operation", "order")]
    assert shown == ["slow", 1, "stripe", "capture", "5001"]


def test_the_faults_of_one_order_can_be_aimed_at_another(faults: Faults) -> None:
    faults.add({"provider": "stripe", "fault": "slow", "order": "next"})
    faults.add({"provider": "stripe", "fault": "slow", "order": "ORD-7"})

    assert faults.move("next", "ORD-1") == 1
    assert [fault["order"] for fault in faults.list()] == ["ORD-1", "ORD-7"]


def test_chance_is_seeded_and_close_to_what_was_asked(store: Store, references: References) -> None:
    runs = []
    for _ in range(2):
        store.clear()
        faults = Faults(store, references, seed=4)
        faults.add({"provider": "stripe", "fault": "error_5xx", "chance": 0.3})
        runs.append(kinds(faults, *[CAPTURE] * 500))

    assert runs[0] == runs[1]
    assert 110 < runs[0].count("error_5xx") < 190


def test_the_oldest_fault_that_fits_comes_first(faults: Faults) -> None:
    faults.add({"provider": "stripe", "fault": "slow", "times": 1})
    faults.add({"provider": "stripe", "fault": "error_5xx", "times": 1})

    assert kinds(faults, CAPTURE, CAPTURE, CAPTURE) == ["slow", "error_5xx", None]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({}, "provider must be one of"),
        ({"provider": "paypal", "fault": "slow"}, "provider must be one of"),
        ({"provider": "stripe", "operation": "label", "fault": "slow"}, "operation for stripe must be"),
        ({"provider": "stripe", "fault": "explode"}, "fault must be one of"),
        ({"provider": "smtp", "fault": "out_of_stock"}, "out_of_stock means nothing for smtp"),
        ({"provider": "shipengine", "operation": "void", "fault": "bad_address"}, "bad_address means nothing"),
        ({"provider": "stripe", "fault": "slow", "times": 0}, "times must be"),
        ({"provider": "stripe", "fault": "slow", "times": True}, "times must be"),
        ({"provider": "stripe", "fault": "slow", "chance": 2}, "chance must be"),
        ({"provider": "stripe", "fault": "slow", "delay_seconds": -1}, "delay_seconds must be"),
        ({"provider": "stripe", "fault": "slow", "effect": True}, "not for slow"),
        ({"provider": "stripe", "fault": "html", "effect": "yes"}, "effect must be"),
        ({"provider": "stripe", "fault": "html", "status": 404}, "status for html must be 200 or 502"),
        ({"provider": "stripe", "fault": "slow", "status": 200}, "status for slow must be left out"),
        ({"provider": "smtp", "fault": "html"}, "html means nothing for smtp"),
        ({"provider": "shopify", "fault": "webhook_late"}, "webhook_late means nothing for shopify"),
        ({"provider": "stripe", "operation": "read", "fault": "webhook_late"}, "only for webhook"),
        ({"provider": "stripe", "operation": "webhook", "fault": "slow"}, "slow means nothing for stripe webhook"),
        ({"provider": "stripe", "operation": "pay", "fault": "html"}, "html means nothing for stripe pay"),
        ({"provider": "shipengine", "fault": "wrong_amount"}, "wrong_amount means nothing for shipengine"),
    ],
)
def test_a_fault_that_cannot_be_played_is_refused_with_a_reason(
    faults: Faults, wish: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadFault, match=sentence):
        faults.add(wish)
    assert faults.list() == []


def test_faults_can_be_taken_away_one_by_one_and_together(faults: Faults) -> None:
    first = faults.add({"provider": "stripe", "fault": "slow"})
    faults.add({"provider": "smtp", "fault": "slow"})

    assert faults.remove(str(first["id"])) is True
    assert faults.remove(str(first["id"])) is False
    assert faults.clear() == 1
    assert faults.list() == []
