"""Where orders are placed: the generator's orders become the shop's own, get their troubles, and are announced."""

import random
from typing import Any

from backend.sandbox import clock
from backend.sandbox.shipengine.addresses import place_key
from backend.sandbox.shop.generator import Generator
from backend.sandbox.shop.troubles import FAULTS, SENTENCES, TROUBLES
from backend.sandbox.shopify import webhooks
from backend.sandbox.shopify.orders import ShopOrders
from backend.sandbox.store import Document
from backend.sandbox.world import World


class Counter:
    """Places orders, on request and by chance."""

    def __init__(self, world: World, orders: ShopOrders) -> None:
        self._world = world
        self._orders = orders
        self._generators: dict[int, Generator] = {}
        self._dice = random.Random(f"trickle:{world.config.seed}:{world.store.all('counters').get('serial')}")

    def warm_up(self) -> None:
        """Make the customers now, so that the first order need not wait for them. Safe in a thread."""
        _ = self._generator(self._world.config.seed).customers

    def place(self, trouble: str | None = None, *, seed: int | None = None) -> Document:
        """Place an order now, set the faults of its trouble, and send the webhook."""
        config = self._world.config
        serial = self._world.store.next_number("serial", config.first_serial)
        order = self._generator(config.seed if seed is None else int(seed)).order(clock.now(), serial, trouble)
        self._orders.register(order)
        self._world.store.put("shop_troubles", str(order["id"]), {"trouble": trouble, "serial": serial})
        if trouble:
            self._arrange(order, trouble)
        webhooks.send(self._world, order)
        return order

    def place_by_chance(self) -> Document:
        """Place an order as the trickle does: some of them meet trouble."""
        in_trouble = self._dice.random() < self._world.config.trouble_rate
        return self.place(self._dice.choice(TROUBLES) if in_trouble else None)

    def pause_before_next(self, per_minute: float) -> float:
        """Seconds until the next customer, at random around the rate."""
        return min(self._dice.expovariate(per_minute / 60), 300.0)

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
