"""The journal for people: accepted effects, webhook deliveries and calls, newest first."""

import html

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.sandbox.layout import Page, table
from backend.sandbox.world import World

SHOWN = 200


def routes(world: World) -> list[Route]:
    """The page."""

    async def show(_: Request) -> Response:
        return Page("Journal", _effects(world) + _deliveries(world) + _calls(world), here="/journal")

    return [Route("/journal", show, methods=["GET"])]


def _effects(world: World) -> str:
    rows = [
        [
            str(entry["id"]),
            entry["at"][11:23],
            html.escape(f"{entry['provider']} · {entry['kind']}"),
            html.escape(str(entry["reference"] or "")),
            html.escape(str(entry["external_order"] or "")),
            "" if entry["amount_minor"] is None else f"{entry['amount_minor']} {entry['currency']}",
            html.escape(str(entry["key"] or "")),
        ]
        for entry in world.journal.entries()[: -SHOWN - 1 : -1]
    ]
    headings = ["No.#", "Time (UTC)", "Effect", "Reference", "Shop order", "Minor units#", "Key"]
    return "<h2>Effects that were accepted</h2>" + table(headings, rows, empty="Nothing has happened yet.")


def _deliveries(world: World) -> str:
    rows = [
        [
            entry["at"][11:23],
            html.escape(f"{entry['sender']} · {entry['topic']}"),
            str(entry["attempt"]),
            str(entry["status"] or ""),
            html.escape(entry["problem"] or entry["outcome"]),
            str(entry["milliseconds"]),
        ]
        for entry in list(world.delivery.tries)[: -SHOWN - 1 : -1]
    ]
    headings = ["Time (UTC)", "Webhook", "Try#", "Answer#", "Outcome", "Milliseconds#"]
    return "<h2>Webhooks sent to Holdfast</h2>" + table(headings, rows, empty="None was sent since the start.")


def _calls(world: World) -> str:
    rows = [
        [
            call["at"][11:23],
            html.escape(f"{call['method']} {call['path']}"),
            str(call["status"] or "no answer"),
            html.escape(str(call["key"] or "")),
            str(call["milliseconds"]),
        ]
        for call in list(world.journal.calls)[: -SHOWN - 1 : -1]
    ]
    headings = ["Time (UTC)", "Call", "Answer#", "Key", "Milliseconds#"]
    return "<h2>Calls from Holdfast</h2>" + table(headings, rows, empty="None was made since the start.")
