"""ShipEngine's HTTP routes under `/shipengine`: API key, faults and error bodies around the rules."""

import hmac
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox import clock
from backend.sandbox.faults import Call
from backend.sandbox.references import addressee
from backend.sandbox.shipengine import addresses, carriers, labels, pdf
from backend.sandbox.shipengine.errors import ShipEngineError, broken, not_found, refused, wrong
from backend.sandbox.shipengine.labels import Labels
from backend.sandbox.shipengine.signing import Signer
from backend.sandbox.shipengine.tracking import Tracking
from backend.sandbox.store import Document
from backend.sandbox.world import World

Work = Callable[[Request, Any, str | None], Any]
Endpoint = Callable[[Request], Awaitable[Response]]


class ShipEngineApi:
    """The routes and what they share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.labels = Labels(world)
        self.tracking = Tracking(world, self.labels)
        self.signer = Signer(world.config.home)
        world.delivery.sign_with("shipengine", self.signer.sign)

    def routes(self) -> list[Route]:
        """All routes below `/shipengine`."""
        buy = self.labels
        return [
            self._route("/v1/carriers", "GET", "read", self._carriers),
            self._route("/v1/addresses/validate", "POST", "validate", self._validate),
            self._route("/v1/rates", "POST", "rates", self._rates),
            self._route("/v1/labels", "POST", "label", self._buy),
            self._route("/v1/labels", "GET", "read", self._list),
            self._route(
                "/v1/labels/external_shipment_id/{ref}",
                "GET",
                "read",
                lambda r, _b, _x: buy.by_reference(r.path_params["ref"], "label"),
            ),
            self._route(
                "/v1/shipments/external_shipment_id/{ref}",
                "GET",
                "read",
                lambda r, _b, _x: buy.by_reference(r.path_params["ref"], "shipment"),
            ),
            self._route("/v1/labels/{id}", "GET", "read", lambda r, _b, _x: buy.get(r.path_params["id"])),
            self._route(
                "/v1/labels/{id}/void", "PUT", "void", lambda r, _b, x: buy.void(buy.get(r.path_params["id"]), x)
            ),
            self._route(
                "/v1/labels/{id}/track",
                "GET",
                "read",
                lambda r, _b, _x: self.tracking.log(buy.get(r.path_params["id"])),
            ),
            self._route("/v1/tracking", "GET", "read", self._track),
            Route("/v1/downloads/10/{token}/label-{number:int}.{format}", self._download, methods=["GET"]),
            Route("/jwks", self._jwks, methods=["GET"]),
        ]

    def _carriers(self, _request: Request, _body: Any, _refusal: str | None) -> Document:
        shown = [carriers.shown(carrier) for carrier in carriers.CARRIERS]
        return {"carriers": shown, "request_id": self.world.ids.uuid("ship_request"), "errors": []}

    def _validate(self, _request: Request, body: Any, refusal: str | None) -> list[Document]:
        if not isinstance(body, list) or not body:
            raise wrong("addresses", "The request must be an array of addresses.")
        results = []
        for address in body:
            known = refusal is None and not addresses.undeliverable(
                self.world.store, address if isinstance(address, dict) else {}
            )
            result = addresses.validate(address, known=known)
            results.append(result)
            order = next(iter(self._orders_at(address)), None)
            self.world.journal.accept(
                "shipengine", "address.validated", reference=None, order=order, status=result["status"]
            )
        return results

    def _rates(self, _request: Request, body: Any, refusal: str | None) -> Document:
        shipment = body.get("shipment") if isinstance(body, dict) else None
        ids = (body.get("rate_options") or {}).get("carrier_ids") if isinstance(body, dict) else None
        wanted = [carrier for carrier in carriers.CARRIERS if not ids or carrier.carrier_id in ids]
        probe = (
            {**(shipment or {}), "carrier_id": wanted[0].carrier_id, "service_code": wanted[0].services[0].code}
            if wanted
            else {}
        )
        order = labels.read_shipment(probe)
        if refusal:
            raise refused(refusal, order.carrier.code)
        abroad = order.ship_to["country_code"] != order.ship_from["country_code"]
        offers = [(c, s) for c in wanted for s in c.services if (s.international if abroad else s.domestic)]
        rates = [self._rate(order, carrier, service) for carrier, service in offers]
        return {
            **{name: value for name, value in (shipment or {}).items() if name != "rate_options"},
            "shipment_id": f"se-{self.world.ids.number('se_shipment', 141_694_001)}",
            "created_at": clock.iso_millis(),
            "shipment_status": "pending",
            "rate_response": {
                "rates": rates,
                "invalid_rates": [],
                "rate_request_id": f"se-{self.world.ids.number('se_rate_request', 9_100_001)}",
                "created_at": clock.iso_millis(),
                "status": "completed" if rates else "error",
                "errors": [],
            },
        }

    def _rate(self, order: labels.Order, carrier: carriers.Carrier, service: carriers.Service) -> Document:
        amount = labels.cost(order, service)
        nothing = {"currency": amount["currency"], "amount": 0.0}
        return {
            "rate_id": f"se-{self.world.ids.number('se_rate', 799_373_001)}",
            "rate_type": "shipment",
            "carrier_id": carrier.carrier_id,
            "shipping_amount": amount,
            "insurance_amount": nothing,
            "confirmation_amount": nothing,
            "other_amount": nothing,
            "rate_details": [],
            "zone": None,
            "package_type": "package",
            "delivery_days": service.days,
            "guaranteed_service": False,
            "estimated_delivery_date": None,
            "carrier_delivery_days": str(service.days),
            "ship_date": order.raw.get("ship_date") or clock.now().strftime("%Y-%m-%dT00:00:00Z"),
            "negotiated_rate": False,
            "service_type": service.name,
            "service_code": service.code,
            "trackable": True,
            "carrier_code": carrier.code,
            "carrier_nickname": f"Tidewater {carrier.name}",
            "carrier_friendly_name": carrier.name,
            "validation_status": "valid",
            "warning_messages": [],
            "error_messages": [],
        }

    def _buy(self, _request: Request, body: Any, refusal: str | None) -> Document:
        if not isinstance(body, dict):
            raise wrong("shipment", "The request must be an object.")
        label = self.labels.buy(body, refusal)
        self.tracking.start(label)
        return label

    def _list(self, request: Request, _body: Any, _refusal: str | None) -> Document:
        found = list(self.world.store.newest_first("ship_labels"))
        if status := request.query_params.get("label_status"):
            found = [label for label in found if label["status"] == status]
        if number := request.query_params.get("tracking_number"):
            found = [label for label in found if label["tracking_number"] == number]
        raw_size, raw_page = request.query_params.get("page_size", "25"), request.query_params.get("page", "1")
        size, page = max(int(raw_size), 1), max(int(raw_page), 1)
        pages = max(-(-len(found) // size), 1)
        url = f"{self.world.config.url}/shipengine/v1/labels"
        links = {name: {"href": f"{url}?page={n}&page_size={size}"} for name, n in (("first", 1), ("last", pages))}
        links |= {"prev": {}, "next": {"href": f"{url}?page={page + 1}&page_size={size}"} if page < pages else {}}
        shown = found[(page - 1) * size : page * size]
        return {"labels": shown, "total": len(found), "page": page, "pages": pages, "links": links}

    def _track(self, request: Request, _body: Any, _refusal: str | None) -> Document:
        number = request.query_params.get("tracking_number", "")
        label = self.labels.by_tracking_number(number)
        code = request.query_params.get("carrier_code")
        if label is None or (code and code != label["carrier_code"]):
            raise not_found(f"The tracking number '{number}' could not be found.")
        return self.tracking.log(label)

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(self.signer.jwks)

    async def _download(self, request: Request) -> Response:
        label = self.world.store.get("ship_labels", f"se-{request.path_params['number']}")
        # The sandbox may have moved to another port since the label was sold; the path stays.
        known = label is not None and label["label_download"]["pdf"].endswith(request.url.path)
        if label is None or not known:
            return not_found("The download could not be found.").response(self.world.ids.uuid("ship_request"))
        shipment = self.world.store.get("ship_shipments", label["shipment_id"]) or {}

        def effect(_: str | None) -> Response:
            return Response(pdf.render(label, shipment), media_type="application/pdf")

        call = Call("shipengine", "document", tuple(filter(None, (label["external_order_id"],))))
        return await self.world.meet(call, effect, partial(broken, self.world.ids.uuid("ship_request")))

    def _route(self, path: str, method: str, operation: str, work: Work) -> Route:
        async def handle(request: Request) -> Response:
            request_id = self.world.ids.uuid("ship_request")
            key = request.headers.get("api-key", "")
            if not hmac.compare_digest(key.encode(), self.world.config.shipengine_api_key.encode()):
                message = "The API key is invalid. Please check that it is correct and active."
                return ShipEngineError(401, "shipengine", "security", "unauthorized", message).response(request_id)
            try:
                body = json.loads(await request.body() or b"{}")
            except ValueError:
                return wrong("body", "The request body is not valid JSON.").response(request_id)

            def effect(refusal: str | None) -> Response:
                try:
                    return JSONResponse(work(request, body, refusal))
                except ShipEngineError as error:
                    return error.response(request_id)

            call = Call("shipengine", operation, self._refs(request, body))
            return await self.world.meet(call, effect, partial(broken, request_id))

        return Route(path, handle, methods=[method])

    def _refs(self, request: Request, body: Any) -> tuple[str, ...]:
        refs = [request.path_params.get("ref", "")]
        if isinstance(body, list):
            for address in body:
                refs += self._orders_at(address)
        shipment = body.get("shipment") if isinstance(body, dict) else None
        known = self.world.store.get("ship_labels", request.path_params.get("id", "")) or {}
        for source in (shipment, known):
            if isinstance(source, dict):
                reference, order_id = (str(source.get(f"external_{name}_id") or "") for name in ("shipment", "order"))
                refs += [reference, order_id, reference.split(":")[0]]
                if order_id and reference:
                    self.world.references.link(order_id, reference, reference.split(":")[0])
        refs += [ref.split(":")[0] for ref in refs[:1]]
        return tuple(filter(None, refs))

    def _orders_at(self, address: Any) -> list[str]:
        """The shop's orders that go to this address, newest first: a validation request names no order."""
        if not isinstance(address, dict):
            return []
        found = self.world.store.get("addressees", addressee(address.get("name"), address.get("postal_code")))
        return list(reversed(found["orders"])) if found else []
