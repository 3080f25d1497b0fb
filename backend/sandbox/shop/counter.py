"""Where orders are placed: the generator's orders become the shop's own, get their troubles, and are announced."""

import random
from collections.abc import Callable
from typing import Any

from backend.sandbox import clock
from backend.sandbox.faults import Call, delay_of
from backend.sandbox.money import to_minor
from backend.sandbox.shipengine.addresses import place_key
from backend.sandbox.shop import direct
from backend.sandbox.shop.generator import Generator
from backend.sandbox.shop.troubles import FAULTS, SENTENCES, TROUBLES
from backend.sandbox.shopify import webhooks
from backend.sandbox.shopify.orders import ShopOrders
from backend.sandbox.store import Document
from backend.sandbox.stripe.service import Stripe
from backend.sandbox.world import World

CHANNELS = ("shopify", "generic")
STATUSES = ("authorized", "paid", "pending")
MOST_LOOKS = 200
RESENT_AFTER_SECONDS = 2.0


class Counter:
    """Places orders, on request and by chance."""

    def __init__(self, world: World, orders: ShopOrders, stripe: Stripe) -> None:
        self._world = world
        self._orders = orders
        self._stripe = stripe
        self._generators: dict[int, Generator] = {}
        self._dice = random.Random(f"trickle:{world.config.seed}:{world.store.all('counters').get('serial')}")

    def warm_up(self) -> None:
        """Make the customers now, so that the first order need not wait for them. Safe in a thread."""
        _ = self._generator(self._world.config.seed).customers

    def place(
        self,
        trouble: str | None = None,
        *,
        seed: int | None = None,
        channel: str = "shopify",
        status: str | None = None,
        faults_of: str = "",
    ) -> Document:
        """Place an order now, set the faults of its trouble, and announce it; the order as the shop keeps it.

        `status`: how it is to be paid, as it falls unless told. `faults_of`: a name whose faults this order is to meet.
        """
        serial, order = self._made(trouble, self._world.config.seed if seed is None else seed, status)
        if channel == "generic":
            announce = self._take_direct(order)
        else:
            self._orders.register(order)
            announce = self._announce_shopify(order)
        self._world.store.put("shop_troubles", str(order["id"]), {"trouble": trouble, "serial": serial})
        if trouble:
            self._arrange(order, trouble)
        if faults_of:
            self._world.faults.move(faults_of, str(order["id"]))
        self._send(order, announce)
        return order

    def _made(self, trouble: str | None, seed: int, status: str | None) -> tuple[int, Document]:
        """The next order of the generator; orders paid otherwise than wished are left out."""
        for _ in range(MOST_LOOKS):
            serial = self._world.store.next_number("serial", self._world.config.first_serial)
            order = self._generator(seed).order(clock.now(), serial, trouble)
            if status in (None, order["financial_status"]):
                break
        return serial, order

    def place_by_chance(self) -> Document:
        """Place an order as the trickle does: some meet trouble, some come through the shop's own web shop."""
        config = self._world.config
        in_trouble = self._dice.random() < config.trouble_rate
        channel = "generic" if self._dice.random() < config.generic_share else "shopify"
        return self.place(self._dice.choice(TROUBLES) if in_trouble else None, channel=channel)

    def pause_before_next(self, per_minute: float) -> float:
        """Seconds until the next customer, at random around the rate."""
        return min(self._dice.expovariate(per_minute / 60), 300.0)

    def cancel(self, order_id: str) -> Document:
        """The customer cancels in the shop, which announces it. Raises ShopifyError where the shop refuses."""
        order = self._orders.cancel(self._orders.get(order_id), "customer", None)
        webhooks.send(self._world, self._orders.shown(order), topic="orders/cancelled")
        return order

    def _send(self, order: Document, announce: Callable[[float, str | None], str]) -> None:
        """Announce the order, unless a fault of the shop itself says never, later, or twice."""
        fault = self._world.faults.strike(Call("shop", "order", (str(order["id"]), order["name"])))
        kind = fault["fault"] if fault else None
        if kind == "refuse":
            return
        event_id = announce(delay_of(fault) if fault and kind == "slow" else 0.0, None)
        if kind in ("accept_then_500", "accept_then_cut"):
            announce(RESENT_AFTER_SECONDS * self._world.config.pace, event_id)

    def _announce_shopify(self, order: Document) -> Callable[[float, str | None], str]:
        return lambda delay, again: webhooks.send(self._world, order, delay_seconds=delay, webhook_id=again)

    def _take_direct(self, order: Document) -> Callable[[float, str | None], str]:
        """Make the order one of the web shop's own, paid or authorized with its own card processor."""
        order["id"] = f"TW-{order['order_number']}"
        self._orders.know(order)
        self._world.store.put("direct_orders", order["id"], order)
        reference = ""
        if order["financial_status"] != "pending":
            amount = to_minor(order["total_price"], order["currency"])
            manual = order["financial_status"] == "authorized"
            reference = self._stripe.pay_in_shop(order["id"], amount, order["currency"], manual=manual)
        payload = direct.body(order, order["id"], reference)
        return lambda delay, again: direct.send(self._world, payload, delay_seconds=delay, event_id=again)

    def _arrange(self, order: dict[str, Any], trouble: str) -> None:
        order_id = str(order["id"])
        for wish in FAULTS[trouble]:
            delay = wish.get("delay_seconds")
            scaled = {} if delay is None else {"delay_seconds": delay * self._world.config.pace}
            self._world.faults.add({**wish, **scaled, "order": order_id, "note": SENTENCES[trouble]})
        if trouble == "bad_address":
            key = place_key(order["shipping_address"])
            self._world.store.put("undeliverable", key, {"order": order_id})

    def _generator(self, seed: int) -> Generator:
        if seed not in self._generators:
            self._generators[seed] = Generator(seed)
        return self._generators[seed]
