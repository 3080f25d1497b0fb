"""The shipping provider ShipEngine.

A label costs money and ShipEngine takes no idempotency key, but it can be asked for our own reference, which travels as
`external_shipment_id`: a call in doubt is always followed by that question.
"""

import httpx

from backend.domain.errors import ConfigurationError
from backend.domain.holds import HoldKind
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.believing import check_about
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import ProviderClient, segment
from backend.integrations.reading import at, text
from backend.integrations.shipengine.errors import PROVIDER, read_error
from backend.integrations.shipengine.payloads import address_body, label, label_body, verdict
from backend.ports.calls import Call, Rejected
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, PostalAddress


class ShipEngine:
    """Parcels start at `ship_from`, or at the warehouse that ShipEngine knows as `warehouse_id`."""

    name = PROVIDER

    def __init__(
        self,
        *,
        api_key: str,
        carrier_id: str,
        service_code: str,
        ship_from: PostalAddress | None = None,
        warehouse_id: str = "",
        api_base: str = "https://api.shipengine.com",
        answer_lag: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if (ship_from is None) == (not warehouse_id):
            raise ConfigurationError("ShipEngine needs either the address parcels start from or a warehouse id.")
        self._carrier_id = carrier_id
        self._service_code = service_code
        self._ship_from = ship_from
        self._warehouse_id = warehouse_id
        self._answer_lag = answer_lag
        self._http = ProviderClient(
            PROVIDER,
            api_base,
            headers={"API-Key": api_key},
            read_error=read_error,
            secrets=[api_key],
            transport=transport,
        )

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (StepKind.SHIPMENT_VERIFY_ADDRESS, StepKind.SHIPMENT_VOID):
            return REPEATABLE
        return Guarantees(key_seconds=None, can_ask=True, answer_lag=self._answer_lag)

    def verify_address(self, address: PostalAddress, call: Call) -> AddressVerdict:
        answer = self._http.request(call, "POST", "/v1/addresses/validate", json=[address_body(address)])
        return verdict(answer.json)

    def buy_label(self, request: LabelRequest, call: Call) -> Label:
        body = label_body(request, self._carrier_id, self._service_code, self._ship_from, self._warehouse_id)
        answer = self._http.request(call, "POST", "/v1/labels", json=body).json
        check_about(PROVIDER, "a label for", text(answer, "external_shipment_id"), request.reference)
        return label(answer)

    def find_label(self, request: LabelRequest, call: Call) -> Label | None:
        """A label that was voided counts as none."""
        answer = self._http.find(call, f"/v1/labels/external_shipment_id/{segment(request.reference)}")
        if answer is None or at(answer, "voided") is True or text(answer, "status") == "voided":
            return None
        check_about(PROVIDER, "a label for", text(answer, "external_shipment_id"), request.reference)
        return label(answer)

    def void_label(self, reference: str, call: Call) -> None:
        answer = self._http.request(call, "PUT", f"/v1/labels/{segment(reference)}/void").json
        if at(answer, "approved") is True or text(answer, "reason_code") == "label_already_voided":
            return
        reason = text(answer, "message") or "no reason given"
        sentence = f"The carrier did not take the label back: {reason}"
        raise Rejected(PROVIDER, sentence, category=HoldKind.PROVIDER_REFUSED, code=text(answer, "reason_code"))
