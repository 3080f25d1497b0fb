"""Webhooks that are late, early, lost, doubled, forged, wrong or out of order."""

import hashlib
import hmac

from tests.sandbox.running import KEYS, Hook, Sandbox, eventually
from tests.sandbox.test_shipengine import TRACKING, buy
from tests.sandbox.test_spoilt_answers import AMOUNT, ORDER, captured, pay

STRIPE_HOOKS = "/webhooks/payments/stripe"
FIRST = "payment_intent.created"
NEWS = ["charge.succeeded", FIRST, "payment_intent.succeeded"]
"""What a payment that is captured at once brings; a fault that strikes once strikes the first."""
SHOP_HOOKS = "/webhooks/channels/shopify"


def hooks(sandbox: Sandbox) -> list[Hook]:
    return sandbox.receiver.to(STRIPE_HOOKS)


def kinds(sandbox: Sandbox) -> list[str]:
    return [hook.body["type"] for hook in hooks(sandbox)]


def authentic(hook: Hook) -> bool:
    stamp, _, given = hook.headers["stripe-signature"].removeprefix("t=").partition(",v1=")
    wanted = hmac.new(KEYS["STRIPE_WEBHOOK_SECRET"].encode(), f"{stamp}.".encode() + hook.raw, hashlib.sha256)
    return hmac.compare_digest(given, wanted.hexdigest())


def outcomes(sandbox: Sandbox) -> list[tuple[str, str]]:
    tries = sandbox.http.get("/control/deliveries").json()["deliveries"]
    return [(entry["topic"], entry["outcome"]) for entry in tries]


def quiet(sandbox: Sandbox) -> bool:
    agenda = sandbox.http.get("/control/agenda").json()
    return not agenda["waiting"] and not agenda["running"]


def test_without_faults_every_event_comes_once_and_signed(sandbox: Sandbox) -> None:
    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    assert sorted(kinds(sandbox)) == NEWS
    assert all(map(authentic, hooks(sandbox)))


def test_a_lost_webhook_never_comes_and_the_log_says_so(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "webhook_lost", "webhook", order=ORDER, times=1)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    assert sorted(kinds(sandbox)) == [kind for kind in NEWS if kind != FIRST]
    assert (FIRST, "never sent") in outcomes(sandbox)
    assert len(captured(sandbox)) == 1


def test_a_late_webhook_comes_after_the_others(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "webhook_late", times=1, delay_seconds=0.7)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    assert (sorted(kinds(sandbox)), kinds(sandbox)[-1]) == (NEWS, FIRST)


def test_an_early_webhook_is_there_before_the_answer(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "webhook_early", "webhook")

    pay(sandbox, "k-1")
    before_the_answer = sorted(kinds(sandbox))

    assert before_the_answer == NEWS


def test_a_doubled_webhook_carries_the_same_event_id(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "webhook_duplicate", times=1)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    ids = [event["id"] for event in sandbox.receiver.events(FIRST)]
    assert (len(ids), len(set(ids))) == (2, 1)


def test_a_forgery_comes_first_with_a_false_signature_and_is_never_repeated(sandbox: Sandbox) -> None:
    sandbox.receiver.answers.append(401)
    sandbox.fault("stripe", "webhook_forged", order=ORDER, times=1)
    sandbox.fault("stripe", "webhook_lost", times=2)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    sent = [hook for hook in hooks(sandbox) if hook.body["type"] == FIRST]
    assert [authentic(hook) for hook in sent] == [False, True]
    assert sent[0].raw == sent[1].raw
    assert (FIRST, "a forgery, refused") in outcomes(sandbox)


def test_a_badly_signed_webhook_is_repeated_with_the_right_signature(sandbox: Sandbox) -> None:
    sandbox.receiver.answers.append(401)
    sandbox.fault("stripe", "webhook_bad_signature", times=1)
    sandbox.fault("stripe", "webhook_lost", times=2)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    assert [authentic(hook) for hook in hooks(sandbox)] == [False, True]


def test_a_webhook_waits_until_the_next_one_of_its_order_was_taken(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "webhook_out_of_order", times=1, delay_seconds=20)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    assert (sorted(kinds(sandbox)), kinds(sandbox).index(FIRST) > 0) == (NEWS, True)


def test_a_webhook_that_nothing_follows_comes_all_the_same(sandbox: Sandbox) -> None:
    sandbox.fault("shop", "webhook_out_of_order", times=1, delay_seconds=0.3)

    sandbox.place()
    (hook,) = eventually(lambda: sandbox.receiver.to(SHOP_HOOKS))

    assert hook.headers["x-shopify-topic"] == "orders/create"


def test_a_wrong_webhook_is_signed_rightly(sandbox: Sandbox) -> None:
    for fault in ("wrong_amount", "wrong_currency", "wrong_reference"):
        sandbox.fault("stripe", fault, "webhook", times=1)

    pay(sandbox, "k-1")
    eventually(lambda: quiet(sandbox))

    told = {hook.body["type"]: hook.body["data"]["object"] for hook in hooks(sandbox)}
    assert told[FIRST]["amount"] == AMOUNT + 100
    others = [told[kind] for kind in NEWS if kind != FIRST]
    assert sorted(item["currency"] for item in others) == ["chf", "eur"]
    assert sorted(item["metadata"]["order_ref"] for item in others) == sorted([ORDER, "ORD-20261121-90002"])
    assert all(map(authentic, hooks(sandbox)))


def test_faults_of_calls_leave_webhooks_alone_and_the_other_way_round(sandbox: Sandbox) -> None:
    sandbox.fault("stripe", "wrong_amount", "any", times=1)
    sandbox.fault("stripe", "webhook_duplicate", "any", times=1)

    answer = pay(sandbox, "k-1").json()
    eventually(lambda: quiet(sandbox))

    assert answer["amount"] == AMOUNT + 100
    assert {event["data"]["object"]["amount"] for hook in hooks(sandbox) for event in [hook.body]} == {AMOUNT}
    assert len(sandbox.receiver.events(FIRST)) == 2


def test_a_carriers_scan_is_known_to_be_about_its_order(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "webhook_lost", "webhook", order="5004", times=1)
    buy(sandbox)
    eventually(lambda: quiet(sandbox))

    scans = [hook.body["data"]["status_code"] for hook in sandbox.receiver.to(TRACKING)]
    assert "AC" not in scans
    assert scans[-1] == "DE"
