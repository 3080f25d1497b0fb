"""The faults that are set, with a form to add one and buttons to take them away."""

import html

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox.fault_kinds import FAULTS
from backend.sandbox.faults import OPERATIONS, BadFault
from backend.sandbox.forms import fields, same_origin
from backend.sandbox.layout import Page, table
from backend.sandbox.store import Document
from backend.sandbox.world import World

REMOVE = "<form method=post action=/faults/remove><button class=danger name=id value={}>Remove</button></form>"


def routes(world: World) -> list[Route]:
    """The page and its forms."""

    async def show(request: Request) -> Response:
        return _page(world, request.query_params.get("order", ""))

    async def add(request: Request) -> Response:
        if not same_origin(request):
            return PlainTextResponse("This form was not sent from the sandbox's own page.", 403)
        given = await fields(request)
        try:
            world.faults.add(_wish(given))
        except (BadFault, ValueError) as error:
            return _page(world, given.get("order", ""), str(error))
        return RedirectResponse("/faults", 303)

    async def remove(request: Request) -> Response:
        if not same_origin(request):
            return PlainTextResponse("This form was not sent from the sandbox's own page.", 403)
        world.faults.remove((await fields(request)).get("id", ""))
        return RedirectResponse("/faults", 303)

    async def clear(request: Request) -> Response:
        if not same_origin(request):
            return PlainTextResponse("This form was not sent from the sandbox's own page.", 403)
        world.faults.clear()
        return RedirectResponse("/faults", 303)

    return [
        Route("/faults", show, methods=["GET"]),
        Route("/faults", add, methods=["POST"]),
        Route("/faults/remove", remove, methods=["POST"]),
        Route("/faults/clear", clear, methods=["POST"]),
    ]


def _wish(given: dict[str, str]) -> Document:
    wish: Document = {name: given.get(name) or None for name in ("provider", "fault", "order")}
    wish["operation"] = given.get("operation") or "any"
    wish["times"] = int(given["times"]) if given.get("times") else None
    wish["chance"] = float(given.get("chance") or 1)
    wish["delay_seconds"] = float(given["delay_seconds"]) if given.get("delay_seconds") else None
    return wish


def _page(world: World, order: str, problem: str = "") -> Page:
    rows = [
        [
            str(fault["id"]),
            html.escape(f"{fault['provider']} · {fault['operation']}"),
            html.escape(fault["order"] or "every order"),
            html.escape(fault["fault"]),
            "always" if fault["remaining"] is None else f"{fault['remaining']} of {fault['times']} left",
            f"{fault['chance']:g}",
            str(fault["hits"]),
            html.escape(fault["note"]),
            REMOVE.format(fault["id"]),
        ]
        for fault in reversed(world.faults.list())
    ]
    headings = ["No.#", "Where", "Order", "Fault", "How often", "Chance#", "Played#", "Why", ""]
    body = (
        (f"<p class=bad role=alert>{html.escape(problem)}</p>" if problem else "")
        + _form(order)
        + "<h2>Faults</h2>"
        + table(headings, rows, empty="No fault is set: everything works.")
        + (
            "<form method=post action=/faults/clear class=row><button class=danger>Remove all</button></form>"
            if rows
            else ""
        )
    )
    return Page("Faults", body, here="/faults", status=400 if problem else 200)


def _form(order: str) -> str:
    operations = sorted({name.rstrip("*") for names in OPERATIONS.values() for name in names})
    return (
        "<form method=post class=row>"
        + _select("provider", list(OPERATIONS))
        + _select("operation", ["any", *operations])
        + _select("fault", list(FAULTS))
        + f'<label>order (empty: every order)<input name=order value="{html.escape(order, quote=True)}"></label>'
        + "<label>times (empty: always)<input name=times size=4 inputmode=numeric></label>"
        + "<label>chance<input name=chance size=4 value=1></label>"
        + "<label>delay in seconds<input name=delay_seconds size=4></label>"
        + "<button data-testid=add-fault>Set fault</button></form>"
    )


def _select(name: str, options: list[str]) -> str:
    return f"<label>{name}<select name={name}>{''.join(f'<option>{option}' for option in options)}</select></label>"
