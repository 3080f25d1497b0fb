"""Invoice Ninja's HTTP routes under `/invoiceninja/api/v1`: token, `{"data": …}` wrapper, paging, faults."""

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox.faults import Call
from backend.sandbox.invoiceninja import pdf
from backend.sandbox.invoiceninja.clients import Clients
from backend.sandbox.invoiceninja.documents import Documents
from backend.sandbox.invoiceninja.errors import NinjaError, broken, invalid
from backend.sandbox.invoiceninja.payments import Payments
from backend.sandbox.store import Document
from backend.sandbox.world import World

PREFIX = "/api/v1"
Endpoint = Callable[[Request], Awaitable[Response]]
Work = Callable[[Request, dict[str, Any], str | None], Response]
MAX_PER_PAGE = 5_000
REFUSALS = {
    "client": ("name", "The client could not be saved: the company's plan allows no more clients."),
    "invoice": ("client_id", "The invoice was refused: this client's tax identification must be verified first."),
    "send": ("status_id", "The document cannot be sent: its client has no deliverable e-mail address."),
    "credit": ("client_id", "The credit was refused: this client's tax identification must be verified first."),
    "payment": ("amount", "The payment was refused."),
}


class NinjaApi:
    """The routes and what they share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients = Clients(world)
        self.kinds = {kind: Documents(world, self.clients, kind) for kind in ("invoice", "credit")}
        self.payments = Payments(world, self.kinds["invoice"])

    def routes(self) -> list[Route]:
        """All routes below `/invoiceninja`."""
        found = [
            self._route(
                "/clients", "GET", "read", lambda r, _b, _x: _listed(r, self.clients.find(dict(r.query_params)))
            ),
            self._route("/clients", "POST", "client", lambda _r, body, _x: _one(self.clients.create(body))),
            self._route("/clients/{id}", "GET", "read", lambda r, _b, _x: _one(self.clients.get(_id(r)))),
            self._route(
                "/clients/{id}",
                "PUT",
                "client",
                lambda r, b, _x: _one(self.clients.update(self.clients.get(_id(r)), b)),
            ),
            self._route("/payments", "GET", "read", lambda r, _b, _x: _listed(r, self.payments.all())),
            self._route("/payments", "POST", "payment", lambda _r, body, _x: _one(self.payments.create(body))),
            self._route("/payments/{id}", "GET", "read", lambda r, _b, _x: _one(self.payments.get(_id(r)))),
        ]
        for documents in self.kinds.values():
            found += self._document_routes(documents)
        return [*found, Route("/client/{kind}/{key}", self._portal, methods=["GET"])]

    async def _portal(self, request: Request) -> Response:
        """Where an invitation's link leads the customer: the document itself; the key in the link is the permission."""
        documents = self.kinds.get(request.path_params["kind"])
        try:
            if documents is None:
                raise NinjaError(404, "Not found")
            return self._pdf(documents, documents.by_invitation(request.path_params["key"]))
        except NinjaError as error:
            return error.response()

    def _document_routes(self, documents: Documents) -> list[Route]:
        path, kind = f"/{documents.kind}s", documents.kind

        def create(request: Request, body: dict[str, Any], _: str | None) -> Response:
            return _one(self._act_by_query(request, documents, documents.create(body)))

        def update(request: Request, body: dict[str, Any], _: str | None) -> Response:
            document = documents.get(_id(request))
            if body:
                documents.update(document, body)
            return _one(self._act_by_query(request, documents, document))

        return [
            self._route(path, "GET", "read", lambda r, _b, _x: _listed(r, documents.find(dict(r.query_params)))),
            self._route(path, "POST", kind, create),
            self._route(f"{path}/{{id}}", "GET", "read", lambda r, _b, _x: _one(documents.get(_id(r)))),
            self._route(f"{path}/{{id}}", "PUT", kind, update),
            self._route(
                f"{path}/{{id}}", "DELETE", kind, lambda r, _b, _x: _one(documents.delete(documents.get(_id(r))))
            ),
            self._route(
                f"{path}/{{id}}/download",
                "GET",
                "document",
                lambda r, _b, _x: self._pdf(documents, documents.get(_id(r))),
            ),
            self._route(f"{path}/{{id}}/{{action}}", "GET", "send", lambda r, _b, _x: self._action(r, documents)),
            self._route(
                f"/{kind}/{{key}}/download",
                "GET",
                "document",
                lambda r, _b, _x: self._pdf(documents, documents.by_invitation(r.path_params["key"])),
            ),
        ]

    def _act_by_query(self, request: Request, documents: Documents, document: Document) -> Document:
        if _asked(request, "mark_sent") or _asked(request, "send_email"):
            documents.mark_sent(document)
        if _asked(request, "paid"):
            documents.mark_paid(document)
        return document

    def _action(self, request: Request, documents: Documents) -> Response:
        document, action = documents.get(_id(request)), request.path_params["action"]
        if action in ("mark_sent", "email"):
            return _one(documents.mark_sent(document))
        if action == "mark_paid":
            return _one(documents.mark_paid(document))
        raise NinjaError(400, f"The requested action `{action}` is not available.")

    def _pdf(self, documents: Documents, document: Document) -> Response:
        client = self.clients.get(document["client_id"])
        body = pdf.render(documents.kind, document, client, documents.totals(document), documents.currency(document))
        name = f"{documents.kind}_{document['number']}.pdf".replace('"', "").replace("/", "-")
        headers = {"Content-Disposition": f'inline; filename="{name.encode("ascii", "replace").decode()}"'}
        return Response(body, media_type="application/pdf", headers=headers)

    def _route(self, path: str, method: str, operation: str, work: Work) -> Route:
        async def handle(request: Request) -> Response:
            if (refused := self._unauthorized(request)) is not None:
                return refused
            body = _parsed(await request.body())
            if body is None:
                return NinjaError(400, "The request body is not valid JSON.").response()
            name = "send" if request.method == "PUT" and _asked(request, "mark_sent") else operation

            def effect(refusal: str | None) -> Response:
                try:
                    if refusal:
                        raise invalid(*REFUSALS[name])
                    return work(request, body, refusal)
                except NinjaError as error:
                    return error.response()

            call = Call("invoiceninja", name, self._refs(request, body))
            answer = await self.world.meet(call, effect, broken)
            answer.headers["x-app-version"] = "5.9.2"
            answer.headers["x-minimum-client-version"] = "5.0.16"
            answer.headers["x-ratelimit-limit"] = "300"
            answer.headers["x-ratelimit-remaining"] = "299"
            return answer

        return Route(PREFIX + path, handle, methods=[method])

    def _unauthorized(self, request: Request) -> Response | None:
        token = request.headers.get("x-api-token", "")
        if not hmac.compare_digest(token.encode(), self.world.config.invoiceninja_api_key.encode()):
            return NinjaError(403, "Invalid token", {}).response()
        if request.headers.get("x-requested-with", "").lower() != "xmlhttprequest":
            return NinjaError(403, "The X-Requested-With header must be XMLHttpRequest", {}).response()
        return None

    def _refs(self, request: Request, body: dict[str, Any]) -> tuple[str, ...]:
        known: Document = {}
        for shelf in ("ninja_invoices", "ninja_credits"):
            known = known or self.world.store.get(shelf, str(request.path_params.get("id", ""))) or {}
        for entry in body.get("invoices") or []:
            if isinstance(entry, dict):
                known = known or self.world.store.get("ninja_invoices", str(entry.get("invoice_id"))) or {}
        refs = [
            str(source.get(name) or "") for source in (body, known) for name in ("po_number", "custom_value1", "number")
        ]
        refs += [request.query_params.get("number", "")]
        po_number, order_id = refs[0] or refs[3], refs[1] or refs[4]
        if po_number and order_id:
            self.world.references.link(order_id, po_number)
        return tuple(filter(None, refs))


def _one(document: Document) -> Response:
    return JSONResponse({"data": document})


def _listed(request: Request, found: list[Document]) -> Response:
    per_page = min(max(_whole(request, "per_page", 20), 1), MAX_PER_PAGE)
    current = max(_whole(request, "page", 1), 1)
    shown = found[(current - 1) * per_page : current * per_page]
    pages = max(-(-len(found) // per_page), 1)
    links = {"next": f"{request.url.path}?page={current + 1}"} if current < pages else {}
    pagination = {
        "total": len(found),
        "count": len(shown),
        "per_page": per_page,
        "current_page": current,
        "total_pages": pages,
        "links": links,
    }
    return JSONResponse({"data": shown, "meta": {"pagination": pagination}})


def _whole(request: Request, name: str, default: int) -> int:
    raw = request.query_params.get(name, "")
    return int(raw) if raw.isdecimal() else default


def _asked(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("true", "1")


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    inner = body.get("data")
    return inner if isinstance(inner, dict) else body
