"""Telling Shopify that a parcel is on its way, with its tracking number; the customer's mail is ours to send."""

from typing import Any

import httpx

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.believing import check_about
from backend.integrations.http import before_the_write
from backend.integrations.reading import at, objects, text
from backend.integrations.shopify.api import API_VERSION, PROVIDER, Paths, client
from backend.ports.calls import Call, OutcomeUnknown, Rejected
from backend.ports.channels import FulfilmentTold, FulfilmentUpdate

_OPEN = ("open", "in_progress")
_DEAD = ("cancelled", "error", "failure")


class ShopifyFulfilment:
    name = PROVIDER

    def __init__(
        self,
        *,
        access_token: str,
        api_base: str,
        api_version: str = API_VERSION,
        answer_lag: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = client(api_base, access_token, transport)
        self._paths = Paths(api_version)
        self._answer_lag = answer_lag

    def guarantees(self, kind: StepKind) -> Guarantees:
        return Guarantees(key_seconds=None, can_ask=True, answer_lag=self._answer_lag)

    def tell_fulfilment(self, update: FulfilmentUpdate, call: Call) -> FulfilmentTold:
        """Fulfils all that is open; one fulfilment for each location, since Shopify takes no mixture."""
        with before_the_write():
            answer = self._http.request(call, "GET", self._paths.order(update.channel_order, "fulfillment_orders")).json
        waiting = [row for row in objects(answer, "fulfillment_orders") if text(row, "status") in _OPEN]
        if not waiting:
            return self._already(update, call)
        by_location: dict[str, list[Any]] = {}
        for row in waiting:
            by_location.setdefault(text(row, "assigned_location_id"), []).append(at(row, "id"))
        told = [self._fulfil(update, ids, call) for ids in by_location.values()]
        return FulfilmentTold(told[0])

    def find_fulfilment(self, update: FulfilmentUpdate, call: Call) -> FulfilmentTold | None:
        answer = self._http.find(call, self._paths.order(update.channel_order, "fulfillments"))
        for row in objects(answer, "fulfillments"):
            numbers = at(row, "tracking_numbers")
            known = [text(row, "tracking_number"), *(numbers if isinstance(numbers, list) else [])]
            if update.tracking_number in known and text(row, "status") not in _DEAD:
                return FulfilmentTold(text(row, "id"))
        return None

    def _already(self, update: FulfilmentUpdate, call: Call) -> FulfilmentTold:
        with before_the_write():
            found = self.find_fulfilment(update, call)
        if found is None:
            raise Rejected(PROVIDER, "Shopify has nothing left to fulfil: it was fulfilled or cancelled there.")
        return found

    def _fulfil(self, update: FulfilmentUpdate, fulfilment_orders: list[Any], call: Call) -> str:
        tracking = {"number": update.tracking_number, "url": update.tracking_url, "company": update.carrier}
        body = {
            "line_items_by_fulfillment_order": [{"fulfillment_order_id": one} for one in fulfilment_orders],
            "tracking_info": {name: value for name, value in tracking.items() if value},
            "notify_customer": False,
        }
        answer = self._http.request(call, "POST", self._paths.top("fulfillments"), json={"fulfillment": body}).json
        reference, status = text(answer, "fulfillment", "id"), text(answer, "fulfillment", "status")
        about = text(answer, "fulfillment", "order_id")
        check_about(PROVIDER, "a fulfilment of the order", about, update.channel_order)
        if not reference:
            raise OutcomeUnknown(PROVIDER, "Shopify's answer names no fulfilment.")
        if status in _DEAD:
            raise Rejected(PROVIDER, f"Shopify did not accept the fulfilment; its state is {status}.")
        return reference
