"""Starting, stopping, surviving a kill, and bearing many callers at once."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.running import ADMIN, NINJA, ROOT, SHIP, SHOPIFY, STRIPE, Sandbox, eventually, running
from tests.sandbox.test_shipengine import FROM, TO
from tests.waiting import quick

ORDERS = 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_quickly_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as sandbox:
        sandbox.place()

        assert sandbox.stop(number) == (0, "")

        started = time.perf_counter()
        sandbox.start()
        assert quick(time.perf_counter() - started, 4)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        command = [sys.executable, "-m", "backend.sandbox"]
        second = subprocess.run(
            command, cwd=ROOT, env=sandbox.environment(), capture_output=True, text=True, timeout=30
        )

    assert second.returncode == 1
    assert f"SANDBOX_PORT is {sandbox.port}, but that port is already in use." in second.stderr


def test_what_was_accepted_and_what_is_still_to_come_survive_a_kill(tmp_path: Path) -> None:
    with running(tmp_path, pace="100") as sandbox:
        intent = {"amount": "900", "currency": "eur", "metadata[order_ref]": "ORD-1"}
        headers = {**STRIPE, "Idempotency-Key": "k"}
        made = sandbox.http.post("/stripe/v1/payment_intents", data=intent, headers=headers).json()
        sandbox.fault("stripe", "slow", "refund")
        before = (sandbox.journal(), sandbox.http.get("/control/faults").json(), waiting(sandbox))

        sandbox.stop(signal.SIGKILL)
        sandbox.start()

        assert (sandbox.journal(), sandbox.http.get("/control/faults").json(), waiting(sandbox)) == before
        assert waiting(sandbox) == {"stripe.pay": 1}
        again = sandbox.http.post("/stripe/v1/payment_intents", data=intent, headers=headers)
        assert (again.json(), again.headers["idempotent-replayed"]) == (made, "true")


def test_a_webhook_that_nobody_took_is_sent_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        sandbox.receiver.answers[:] = [503]
        (order,) = sandbox.place()
        eventually(lambda: sandbox.receiver.hooks)

        sandbox.stop(signal.SIGKILL)
        sandbox.start()

        eventually(lambda: len(sandbox.receiver.hooks) == 2)
        assert [hook.body["id"] for hook in sandbox.receiver.hooks] == [order["id"]] * 2


def test_orders_trickle_in_by_themselves_when_a_rate_is_set(tmp_path: Path) -> None:
    with running(tmp_path, orders_per_minute="1200", trouble_rate="0.5") as sandbox:
        eventually(lambda: len(sandbox.receiver.hooks) >= 10)

        assert sandbox.http.get("/control/faults").json()["faults"]


def test_the_same_seed_places_the_same_orders(tmp_path: Path) -> None:
    placed = []
    for run in ("one", "two"):
        with running(tmp_path / run, seed="5") as sandbox:
            placed.append([(order["id"], order["total_price"]) for order in sandbox.place(20)])

    assert placed[0] == placed[1]


def test_two_hundred_orders_at_once_go_all_the_way_without_an_error(sandbox: Sandbox) -> None:
    orders = sandbox.place(ORDERS)

    statuses = asyncio.run(everything(sandbox, orders))

    assert len(statuses) == ORDERS * 5
    assert set(statuses) <= {200, 201}
    assert len(sandbox.journal(kind="label.bought")) == ORDERS
    assert len(sandbox.journal(kind="payment.captured", provider="stripe")) == ORDERS
    assert len({entry["key"] for entry in sandbox.journal(kind="payment.captured", provider="stripe")}) == ORDERS
    assert len(sandbox.journal(kind="invoice.created")) == ORDERS
    eventually(lambda: waiting(sandbox) == {}, 60)
    tries = sandbox.http.get("/control/deliveries").json()["deliveries"]
    assert [entry for entry in tries if entry["outcome"] != "delivered"] == []
    delivered = [hook.body["data"]["status_code"] for hook in sandbox.receiver.to("/webhooks/shipping/shipengine")]
    assert delivered.count("DE") == ORDERS


async def everything(sandbox: Sandbox, orders: list[Any]) -> list[int]:
    """Drive all orders at once, as many callers do; every answer's status."""
    places = asyncio.Semaphore(40)
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, timeout=60, limits=limits) as http:
        client = await http.post("/invoiceninja/api/v1/clients", json={"name": "All"}, headers=NINJA)
        client_id = client.json()["data"]["id"]

        async def one(order: Any) -> list[int]:
            number, pay = str(order["id"]), {"amount": "700", "currency": "eur", "confirm": "true"}
            invoice = {
                "client_id": client_id,
                "number": f"INV-{number}",
                "custom_value1": number,
                "po_number": f"ORD-{number}",
            }
            shipment = {
                "external_shipment_id": f"ORD-{number}:s:1",
                "external_order_id": number,
                "carrier_id": "se-100001",
            }
            shipment |= {"service_code": "ups_standard", "ship_to": TO, "ship_from": FROM}
            shipment |= {"packages": [{"weight": {"value": 1, "unit": "kilogram"}}]}
            keyed = {**STRIPE, "Idempotency-Key": f"{number}:pay:1"}
            pay |= {"payment_method": "pm_card_visa", "metadata[channel_order]": number}
            async with places:
                answers = [
                    await http.get(f"{ADMIN}/orders/{number}/transactions.json", headers=SHOPIFY),
                    await http.post("/stripe/v1/payment_intents", data=pay, headers=keyed),
                    await http.post("/stripe/v1/payment_intents", data=pay, headers=keyed),
                    await http.post("/invoiceninja/api/v1/invoices", json=invoice, headers=NINJA),
                    await http.post("/shipengine/v1/labels", json={"shipment": shipment}, headers=SHIP),
                ]
            return [answer.status_code for answer in answers]

        return [status for statuses in await asyncio.gather(*map(one, orders)) for status in statuses]


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}

    for address in addresses - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((address, sandbox.port)) != 0


def waiting(sandbox: Sandbox) -> dict[str, int]:
    """What is still to happen."""
    found: dict[str, int] = sandbox.http.get("/control/agenda").json()["waiting"]
    return found


def test_it_ends_cleanly_while_a_caller_hangs_and_a_receiver_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with running(tmp_path, holdfast_url=f"http://127.0.0.1:{mute.getsockname()[1]}") as sandbox:
            sandbox.place()
            sandbox.fault("stripe", "slow", "read", delay_seconds=60)
            with pytest.raises(httpx.ReadTimeout):
                sandbox.http.get("/stripe/v1/events", headers=STRIPE, timeout=0.5)
            started = time.perf_counter()

            assert sandbox.stop() == (0, "")

            assert quick(time.perf_counter() - started, 8)
            sandbox.start()
            assert waiting(sandbox) == {"webhook": 1}
