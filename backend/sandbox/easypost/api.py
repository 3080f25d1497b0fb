"""EasyPost's HTTP routes under `/easypost`: Basic authentication, faults, lists and files around the rules."""

import base64
import binascii
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox.easypost import objects
from backend.sandbox.easypost.errors import EasyPostError, broken, missing, not_found
from backend.sandbox.easypost.shipments import HEX, Shipments, verification
from backend.sandbox.easypost.tracking import Trackers
from backend.sandbox.faults import Call
from backend.sandbox.references import addressee
from backend.sandbox.shipengine import pdf
from backend.sandbox.store import Document
from backend.sandbox.world import World

Work = Callable[[Request, dict[str, Any], str | None], tuple[Document, int]]
Endpoint = Callable[[Request], Awaitable[Response]]
MOST = 100


class EasyPostApi:
    """The routes and what they share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shipments = Shipments(world, Trackers(world))

    def routes(self) -> list[Route]:
        """All routes below `/easypost`."""
        find = self.shipments.find
        return [
            self._route("/v2/addresses", "POST", "validate", self._verify),
            self._route(
                "/v2/shipments",
                "POST",
                "shipment",
                lambda _r, body, x: (self.shipments.make(body.get("shipment"), x), 201),
            ),
            self._route("/v2/shipments", "GET", "read", lambda r, _b, _x: (self._list(r), 200)),
            self._route("/v2/shipments/{name}", "GET", "read", lambda r, _b, _x: (find(r.path_params["name"]), 200)),
            self._route(
                "/v2/shipments/{name}/buy",
                "POST",
                "buy",
                lambda r, body, x: (self.shipments.buy(find(r.path_params["name"]), body, x), 200),
            ),
            self._route(
                "/v2/shipments/{name}/refund",
                "POST",
                "refund",
                lambda r, _b, x: (self.shipments.refund(find(r.path_params["name"]), x), 200),
            ),
            Route("/files/{token}/{id}.pdf", self._download, methods=["GET"]),
        ]

    def _verify(self, _request: Request, body: dict[str, Any], refusal: str | None) -> tuple[Document, int]:
        given = body.get("address")
        if not isinstance(given, dict):
            raise missing("address")
        strict = bool(body.get("verify_strict"))
        checked = verification(self.world, given, refusal) if strict or body.get("verify") else {}
        errors = checked["delivery"]["errors"] if checked else []
        if strict and errors:
            raise EasyPostError(422, "ADDRESS.VERIFY.FAILURE", "Unable to verify address.", errors)
        order = next(iter(self._orders_at(given)), None)
        status = "error" if errors else "verified"
        self.world.journal.accept("easypost", "address.validated", reference=None, order=order, status=status)
        return objects.address(self.world.ids.text("adr_", 32, HEX), given, checked), 201

    def _list(self, request: Request) -> Document:
        """Newest first; only what was bought, unless asked otherwise."""
        query = request.query_params
        size = query.get("page_size", "20")
        if not size.isdecimal() or not 1 <= int(size) <= MOST:
            raise missing("page_size", "must be between 1 and 100")
        found = list(self.world.store.newest_first("easypost_shipments"))
        if before := query.get("before_id"):
            ids = [one["id"] for one in found]
            if before not in ids:
                raise not_found()
            found = found[ids.index(before) + 1 :]
        bought = query.get("purchased", "true") == "true"
        found = [one for one in found if bool(one["postage_label"]) == bought]
        found = [one for one in found if one["created_at"] >= query.get("start_datetime", "")]
        return {"shipments": found[: int(size)], "has_more": len(found) > int(size)}

    async def _download(self, request: Request) -> Response:
        shipment = self.world.store.get("easypost_shipments", request.path_params["id"])
        known = shipment and shipment["postage_label"] and shipment["postage_label"]["label_url"]
        if shipment is None or not known or not str(known).endswith(request.url.path):
            return not_found().response()
        content = pdf.render(*_as_printed(shipment))

        def effect(_: str | None) -> Response:
            return Response(content, media_type="application/pdf")

        return await self.world.meet(Call("easypost", "document", self._names(shipment)), effect, broken)

    def _route(self, path: str, method: str, operation: str, work: Work) -> Route:
        async def handle(request: Request) -> Response:
            if not self._authorized(request):
                return EasyPostError(401, "APIKEY.INACTIVE", "This api key is no longer active.").response()
            try:
                body = json.loads(await request.body() or b"{}")
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return EasyPostError(400, "BAD_REQUEST", "The request body is not a JSON object.").response()

            def effect(refusal: str | None) -> Response:
                try:
                    answer, status = work(request, body, refusal)
                except EasyPostError as error:
                    return error.response()
                return JSONResponse(answer, status)

            return await self.world.meet(Call("easypost", operation, self._refs(request, body)), effect, broken)

        return Route(path, handle, methods=[method])

    def _refs(self, request: Request, body: dict[str, Any]) -> tuple[str, ...]:
        """Every name of the order that a request carries: the reference, its order number, who lives at the address."""
        refs: list[str] = []
        if isinstance(body.get("address"), dict):
            refs += self._orders_at(body["address"])
        if isinstance(body.get("shipment"), dict):
            refs.append(str(body["shipment"].get("reference") or ""))
        if name := request.path_params.get("name", ""):
            try:
                refs += self._names(self.shipments.find(name))
            except EasyPostError:
                refs.append(name)
        refs += [ref.split(":")[0] for ref in refs]
        return tuple(dict.fromkeys(filter(None, refs)))

    @staticmethod
    def _names(shipment: Document) -> tuple[str, ...]:
        reference = str(shipment["reference"] or "")
        return tuple(filter(None, (shipment["id"], reference, reference.split(":")[0])))

    def _orders_at(self, address: dict[str, Any]) -> list[str]:
        """The shop's orders that go to this address, newest first: a verification names no order."""
        found = self.world.store.get("addressees", addressee(address.get("name"), address.get("zip")))
        return list(reversed(found["orders"])) if found else []

    def _authorized(self, request: Request) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        expected = f"{self.world.config.easypost_api_key}:".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)


def _as_printed(shipment: Document) -> tuple[Document, Document]:
    """Label and shipment in the words of whoever prints labels here."""

    def place(address: Document) -> Document:
        renamed = {"street1": "address_line1", "street2": "address_line2", "city": "city_locality"}
        renamed |= {
            "state": "state_province",
            "zip": "postal_code",
            "country": "country_code",
            "company": "company_name",
        }
        return {"address_line3": None, **{renamed.get(name, name): value for name, value in address.items()}}

    label = {
        "label_id": shipment["id"],
        "external_shipment_id": shipment["reference"],
        "carrier_code": shipment["selected_rate"]["carrier"],
        "service_code": shipment["selected_rate"]["service"],
        "ship_date": shipment["updated_at"],
        "tracking_number": shipment["tracking_code"],
    }
    weight = {"value": shipment["parcel"]["weight"], "unit": "ounce"}
    printed = {"ship_from": place(shipment["from_address"]), "ship_to": place(shipment["to_address"])}
    return label, printed | {"total_weight": weight}
