"""The shipping provider EasyPost.

A shipment costs nothing until it is bought, and one shipment cannot be bought twice. So what must never be lost is which
shipment a step is about to buy. It is kept where a crash of ours cannot reach it, with EasyPost itself: our key is the
shipment's `reference`. Before any money is spent the shipment is looked up by it, made when there is none, and looked up
again; bought is only what the reference leads to. Whoever asks later is led to the same shipment, bought or not.

EasyPost does not keep references unique, so a shipment whose making was in doubt may turn up beside a later one. When
the reference leads to a shipment that is not bought, the bought ones since the order are searched for it as well.
"""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.believing import check_about
from backend.integrations.easypost.errors import PROVIDER, read_error
from backend.integrations.easypost.payloads import (
    address_body,
    bought,
    check_rate,
    choose_rate,
    given_back,
    label,
    shipment_body,
    verdict,
)
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import ProviderClient, before_the_write, segment
from backend.integrations.reading import at, objects, text
from backend.ports.calls import Call, NotSent, OutcomeUnknown, Rejected
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, PostalAddress

PAGE = 100
LOOK_BACK = timedelta(days=30)

_ORDER_DAY = re.compile(r"[A-Z]+-(\d{8})-")


class EasyPost:
    """`carrier` and `service` are EasyPost's names, such as USPS and GroundAdvantage; the cheapest rate where empty."""

    name = PROVIDER

    def __init__(
        self,
        *,
        api_key: str,
        ship_from: PostalAddress,
        carrier: str = "",
        service: str = "",
        api_base: str = "https://api.easypost.com",
        answer_lag: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._ship_from = ship_from
        self._carrier = carrier
        self._service = service
        self._answer_lag = answer_lag
        basic = base64.b64encode(f"{api_key}:".encode()).decode("ascii")
        self._http = ProviderClient(
            PROVIDER,
            api_base,
            headers={"Authorization": f"Basic {basic}"},
            read_error=read_error,
            secrets=[api_key, basic],
            transport=transport,
        )

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (StepKind.SHIPMENT_VERIFY_ADDRESS, StepKind.SHIPMENT_VOID):
            return REPEATABLE
        return Guarantees(key_seconds=None, can_ask=True, answer_lag=self._answer_lag)

    def verify_address(self, address: PostalAddress, call: Call) -> AddressVerdict:
        body = {"address": address_body(address), "verify": True}
        return verdict(self._http.request(call, "POST", "/v2/addresses", json=body).json)

    def buy_label(self, request: LabelRequest, call: Call) -> Label:
        with before_the_write():
            found = self._referred_to(request.reference, call)
            sold = self._sold(found, call)
            if sold is not None:
                return _unspoilt(sold)
            shipment = found or self._made(request, call)
            rate = choose_rate(shipment, self._carrier, self._service)
        path = f"/v2/shipments/{segment(text(shipment, 'id'))}"
        try:
            answer = self._http.request(call, "POST", f"{path}/buy", json={"rate": {"id": rate["id"]}}).json
        except Rejected as refusal:
            return self._bought_before(path, call, refusal)
        check_about(PROVIDER, "a shipment for", text(answer, "reference"), request.reference)
        check_rate(answer, rate)
        return label(answer)

    def _made(self, request: LabelRequest, call: Call) -> dict[str, Any]:
        """A new shipment, as our reference leads to it."""
        self._http.request(call, "POST", "/v2/shipments", json=shipment_body(request, self._ship_from))
        found = self._referred_to(request.reference, call)
        if found is None:
            sentence = "EasyPost does not find the shipment by our reference yet; nothing was bought."
            raise NotSent(PROVIDER, sentence)
        return found

    def _bought_before(self, path: str, call: Call, refusal: Rejected) -> Label:
        """A shipment cannot be bought twice: when buying is refused, the shipment tells whether it is ours already."""
        if refusal.category is HoldKind.PROVIDER_CREDENTIALS:
            raise refusal
        shipment = self._http.find(call, path)
        if not bought(shipment):
            raise refusal
        return _unspoilt(shipment)

    def find_label(self, request: LabelRequest, call: Call) -> Label | None:
        """A label that was given back counts as none."""
        sold = self._sold(self._referred_to(request.reference, call), call)
        return None if sold is None or given_back(sold) else label(sold)

    def _sold(self, found: dict[str, Any] | None, call: Call) -> dict[str, Any] | None:
        """The bought shipment under a reference: the one it leads to, or a twin of it."""
        if found is None or bought(found):
            return found
        twins = self._purchased(text(found, "reference"), call)
        return next((one for one in twins if bought(one) and not given_back(one)), None)

    def void_label(self, reference: str, call: Call) -> None:
        path = f"/v2/shipments/{segment(reference)}"
        try:
            shipment = self._http.request(call, "POST", f"{path}/refund").json
        except Rejected as refusal:
            if refusal.category is HoldKind.PROVIDER_CREDENTIALS or not given_back(self._http.find(call, path)):
                raise
            return
        check_about(PROVIDER, "the shipment", text(shipment, "id"), reference)
        if given_back(shipment):
            return
        status = text(shipment, "refund_status")
        if status != "rejected":
            raise OutcomeUnknown(PROVIDER, f"EasyPost took the label back, but its refund is {status or 'unclear'}.")
        sentence = "The carrier did not take the label back: the refund was rejected."
        raise Rejected(PROVIDER, sentence, category=HoldKind.PROVIDER_REFUSED, code="refund_rejected")

    def _referred_to(self, reference: str, call: Call) -> dict[str, Any] | None:
        shipment = self._http.find(call, f"/v2/shipments/{segment(reference)}")
        if shipment is None:
            return None
        if not text(shipment, "id") or text(shipment, "reference") != reference:
            raise OutcomeUnknown(PROVIDER, "EasyPost answered with a shipment of another reference.")
        return dict(shipment)

    def _purchased(self, reference: str, call: Call) -> Iterator[dict[str, Any]]:
        """Bought shipments under our reference, since the day before the order: none of its labels is older."""
        since = _not_before(reference).strftime("%Y-%m-%dT%H:%M:%SZ")
        before: list[tuple[str, str]] = []
        while True:
            params = [("page_size", str(PAGE)), ("purchased", "true"), ("start_datetime", since), *before]
            page = self._http.request(call, "GET", "/v2/shipments", params=params).json
            rows = objects(page, "shipments")
            yield from (row for row in rows if text(row, "reference") == reference)
            if not rows or at(page, "has_more") is not True:
                return
            before = [("before_id", text(rows[-1], "id"))]


def _unspoilt(shipment: Any) -> Label:
    """The label that is there; one given back cannot be bought again on the same shipment."""
    if given_back(shipment):
        sentence = "This step's label was bought and given back. Retry buys a new one."
        raise Rejected(PROVIDER, sentence, category=HoldKind.SHIPMENT_NOT_ACCEPTED, code="label_given_back")
    return label(shipment)


def _not_before(reference: str) -> datetime:
    match = _ORDER_DAY.match(reference)
    try:
        if match is not None:
            return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC) - timedelta(days=1)
    except ValueError:
        pass
    return clock.now() - LOOK_BACK
