"""The failure lab: QA chooses faults per order, places orders that meet them, and moves the clock of due times."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox.faults import OPERATIONS, BadFault
from backend.sandbox.forms import fields, same_origin
from backend.sandbox.hurry import Hurry, Refused
from backend.sandbox.layout import Page
from backend.sandbox.pages import lab_orders, lab_view
from backend.sandbox.pages.lab_orders import NEXT
from backend.sandbox.shop.counter import CHANNELS, STATUSES, Counter
from backend.sandbox.shop.troubles import TROUBLES
from backend.sandbox.store import Document
from backend.sandbox.world import World

HERE = "/lab"
FOREIGN = "This form was not sent from the sandbox's own page."


def routes(world: World, counter: Counter) -> list[Route]:
    """The pages and their forms."""
    lab = _Lab(world, counter, Hurry(world))
    return [
        Route("/lab", lab.show_all, methods=["GET"]),
        Route("/lab/find", lab.find, methods=["GET"]),
        Route("/lab/clock", lab.move_clock, methods=["POST"]),
        Route("/lab/place", lab.place, methods=["POST"]),
        Route("/lab/orders/{id}", lab.show, methods=["GET"]),
        Route("/lab/orders/{id}/faults", lab.set_fault, methods=["POST"]),
        Route("/lab/orders/{id}/remove", lab.remove, methods=["POST"]),
    ]


class _Lab:
    def __init__(self, world: World, counter: Counter, hurry: Hurry) -> None:
        self._world = world
        self._counter = counter
        self._hurry = hurry
        self._said: tuple[str, bool] | None = None

    async def show_all(self, request: Request) -> Response:
        body = self._message() + lab_view.front(self._world, can_move=self._hurry.possible)
        return Page("Failure lab", body, here=HERE)

    async def find(self, request: Request) -> Response:
        """To the one order that is meant, or back with the sentence that there is none."""
        wanted = request.query_params.get("q", "").strip()
        order_id = lab_orders.find(self._world, wanted)
        if order_id is None:
            self._said = (f"No order of the shop is known as {wanted or 'nothing'}.", False)
            return RedirectResponse(HERE, 303)
        return RedirectResponse(f"/lab/orders/{order_id}", 303)

    async def show(self, request: Request) -> Response:
        return self._shown(request.path_params["id"], request.query_params.get("provider", ""))

    async def set_fault(self, request: Request) -> Response:
        order_id, given = request.path_params["id"], await fields(request)
        if not same_origin(request):
            return PlainTextResponse(FOREIGN, 403)
        provider = given.get("provider", "")
        if not self._exists(order_id):
            return self._shown(order_id, provider)
        try:
            fault = self._world.faults.add(_wish(given) | {"order": order_id})
        except (BadFault, ValueError) as error:
            return self._shown(order_id, provider, problem=str(error))
        self._said = (f"Set: {fault['provider']} · {fault['operation']} · {fault['fault']}.", True)
        return RedirectResponse(f"/lab/orders/{order_id}?provider={provider}", 303)

    async def remove(self, request: Request) -> Response:
        order_id, given = request.path_params["id"], await fields(request)
        if not same_origin(request):
            return PlainTextResponse(FOREIGN, 403)
        wanted = given.get("id", "")
        for fault in lab_orders.faults_of(self._world, order_id):
            if wanted in ("all", str(fault["id"])):
                self._world.faults.remove(str(fault["id"]))
        return RedirectResponse(f"/lab/orders/{order_id}?provider={_known(given.get('provider', ''))}", 303)

    async def place(self, request: Request) -> Response:
        given = await fields(request)
        if not same_origin(request):
            return PlainTextResponse(FOREIGN, 403)
        channel, status, trouble = given.get("channel", ""), given.get("status") or None, given.get("trouble") or None
        if channel not in CHANNELS or status not in (None, *STATUSES) or trouble not in (None, *TROUBLES):
            return PlainTextResponse("channel, status and trouble must be ones of the lists.", 400)
        order = self._counter.place(trouble, channel=channel, status=status, faults_of=NEXT)
        self._said = (f"Order {order['name']} was placed.", True)
        return RedirectResponse(f"/lab/orders/{order['id']}", 303)

    async def move_clock(self, request: Request) -> Response:
        given = await fields(request)
        if not same_origin(request):
            return PlainTextResponse(FOREIGN, 403)
        order_id, step = given.get("order", ""), given.get("step", "")
        if step not in lab_view.STEPS:
            return PlainTextResponse("step must be one of the buttons.", 400)
        try:
            self._said = (await self._hurry.by(lab_view.STEPS[step][0], order_id), True)
        except Refused as refusal:
            self._said = (str(refusal), False)
        known = bool(order_id) and self._exists(order_id)
        return RedirectResponse(f"/lab/orders/{order_id}" if known else HERE, 303)

    def _shown(self, order_id: str, provider: str, *, problem: str = "") -> Page:
        if not self._exists(order_id):
            return Page("Failure lab", "<p>The shop has no such order.</p>", here=HERE, status=404)
        if problem:
            self._said = (problem, False)
        body = self._message() + lab_view.one(self._world, order_id, _known(provider), can_move=self._hurry.possible)
        return Page(lab_view.title(self._world, order_id), body, here=HERE, status=400 if problem else 200)

    def _exists(self, order_id: str) -> bool:
        return order_id == NEXT or lab_orders.order(self._world, order_id) is not None

    def _message(self) -> str:
        said, self._said = self._said, None
        return lab_view.message(*said) if said else ""


def _known(provider: str) -> str:
    return provider if provider in OPERATIONS else next(iter(OPERATIONS))


def _wish(given: dict[str, str]) -> Document:
    """A fault's JSON form from the form's fields; raises ValueError for what is no number."""
    wish: Document = {name: given.get(name) for name in ("provider", "fault")}
    wish["operation"] = given.get("operation") or "any"
    wish["times"] = _number(given, "times", int)
    wish["delay_seconds"] = _number(given, "delay_seconds", float)
    wish["status"] = _number(given, "status", int)
    wish["effect"] = {"yes": True, "no": False}.get(given.get("effect", ""))
    return wish


def _number(given: dict[str, str], name: str, kind: type[int] | type[float]) -> int | float | None:
    raw = given.get(name, "").strip()
    try:
        return kind(raw) if raw else None
    except ValueError:
        raise ValueError(f"{name} must be a number, or empty; it is {raw!r}.") from None
