"""What Razorpay tells later, read into the same books: captures without notes, refunds that fail, disputes."""

import pytest

from backend import settings, wiring
from backend.domain.refunds import RefundWish
from backend.services import refunds
from backend.services.run import in_unit_of_work
from backend.settings import Settings
from tests.world import STAFF_ADDRESS, World, use

TOTAL = 11920


def with_razorpay(world: World, monkeypatch: pytest.MonkeyPatch, **more: str) -> World:
    chosen = {"payment_gateway": "razorpay", **more}
    environment = world.outside.practice.settings_for_holdfast(Settings.model_validate(chosen))
    use(environment | {f"HOLDFAST_{name.upper()}": value for name, value in chosen.items()}, monkeypatch)
    world.adapters = wiring.build(settings.current())
    return world


@pytest.fixture
def razorpay(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    return with_razorpay(world, monkeypatch)


def waiting(world: World) -> None:
    """An order whose customer was asked to pay, and whose first try was declined."""
    world.keep_parcels_back()
    world.fault("razorpay", "decline", "pay", times=1)
    world.place(status="pending")
    world.settle()
    assert world.step("payment.request")["state"] == "waiting"


def pays(world: World, card: str = "good") -> None:
    world.control("POST", "/payments/pay", {"order": world.number(), "card": card})
    world.settle()


def entries(world: World) -> list[tuple[str, int]]:
    return sorted((entry.kind, entry.amount_minor) for entry in world.view().payments)


def test_a_capture_without_notes_is_known_by_its_razorpay_order(razorpay: World) -> None:
    waiting(razorpay)
    pays(razorpay, "no_notes")
    view = razorpay.view()
    assert (view.status, view.captured_minor, view.held) == ("processing", TOTAL, False)
    assert razorpay.step("payment.request")["state"] == "done"
    assert razorpay.database.execute("select count(*) from inbox where verdict = 'parked'") == [(0,)]


def test_by_wish_the_money_is_authorized_first_and_captured_by_a_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manual = with_razorpay(world, monkeypatch, payment_capture="manual")
    waiting(manual)
    pays(manual)
    view = manual.view()
    assert (view.status, view.payment_status, view.captured_minor) == ("processing", "paid", TOTAL)
    assert manual.step("payment.capture")["state"] == "done"
    assert manual.effects()["payment.captured"] == 1


@pytest.mark.parametrize("fault", ["accept_then_cut", "accept_then_500"])
def test_a_capture_whose_answer_got_lost_is_one_capture_although_it_has_no_key(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    manual = with_razorpay(world, monkeypatch, payment_capture="manual")
    waiting(manual)
    manual.fault("razorpay", fault, "capture", times=1)
    pays(manual)
    assert (manual.view().status, manual.view().captured_minor) == ("processing", TOTAL)
    assert manual.effects()["payment.captured"] == 1


def test_a_refund_that_fails_later_is_taken_back_and_holds_the_order(razorpay: World) -> None:
    waiting(razorpay)
    pays(razorpay)
    razorpay.control("PUT", "/payments/refunds", {"mode": "fails"})
    number, wish = razorpay.number(), RefundWish(amount_minor=1000)
    shown = in_unit_of_work(refunds.preview_refund, number, wish, actor=razorpay.actor)
    click = {"version": shown.version, "token": shown.token, "reason": "came late"}
    in_unit_of_work(refunds.refund, number, wish, actor=razorpay.actor, **click)
    razorpay.settle()

    view = razorpay.view()
    assert (view.refunded_minor, [hold.kind for hold in view.holds]) == (0, ["payment_refused"])
    assert ("refunded", 1000) in entries(razorpay)
    assert ("refund_failed", 1000) in entries(razorpay)
    assert razorpay.database.execute("select state from refunds") == [("failed",)]


@pytest.mark.parametrize(("won", "status"), [(True, "paid"), (False, "disputed")])
def test_a_dispute_is_in_the_books_by_what_was_deducted(razorpay: World, won: bool, status: str) -> None:
    waiting(razorpay)
    pays(razorpay)
    dispute = razorpay.control("POST", "/payments/disputes", {"order": razorpay.number()})
    razorpay.settle()
    view = razorpay.view()
    assert ([hold.kind for hold in view.holds], view.payment_status) == (["payment_disputed"], "disputed")
    assert {("dispute_opened", TOTAL), ("chargeback", TOTAL)} <= set(entries(razorpay))

    razorpay.control("POST", f"/payments/disputes/{dispute['id']}", {"won": won})
    razorpay.settle()

    view = razorpay.view()
    assert (view.payment_status, view.held) == (status, not won)
    assert (("chargeback_reversed", TOTAL) in entries(razorpay)) is won
    assert any(mail["subject"].startswith("Finance: ") for mail in razorpay.mails(STAFF_ADDRESS))


def test_an_inquiry_that_is_lost_takes_the_money_with_its_end(razorpay: World) -> None:
    waiting(razorpay)
    pays(razorpay)
    dispute = razorpay.control("POST", "/payments/disputes", {"order": razorpay.number(), "inquiry": True})
    razorpay.settle()
    assert "chargeback" not in dict(entries(razorpay))

    razorpay.control("POST", f"/payments/disputes/{dispute['id']}", {"won": False})
    razorpay.settle()

    assert dict(entries(razorpay))["chargeback"] == TOTAL
    assert (razorpay.view().payment_status, razorpay.view().refundable_minor) == ("disputed", 0)
