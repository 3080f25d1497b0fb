"""The mails that were received: a list, one mail with its parts, its attachments."""

import html
from email.message import EmailMessage

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend.sandbox.layout import Page, table
from backend.sandbox.mail import sink
from backend.sandbox.store import Document
from backend.sandbox.world import World

SHOWN = 300


def routes(world: World) -> list[Route]:
    """The list, one mail, one attachment."""

    async def show_all(request: Request) -> Response:
        return Page("Mails", _list(world, request.query_params.get("order", "")), here="/mails")

    async def show_one(request: Request) -> Response:
        number = request.path_params["id"]
        mail, message = world.store.get("mails", number), sink.parsed(world, number)
        if mail is None or message is None:
            return Page("Mail", "<p>There is no such mail.</p>", here="/mails", status=404)
        return Page(mail["subject"] or "(no subject)", _body(mail, message), here="/mails")

    async def attachment(request: Request) -> Response:
        message = sink.parsed(world, request.path_params["id"])
        parts = list(message.iter_attachments()) if message else []
        index = request.path_params["index"]
        if index >= len(parts):
            return PlainTextResponse("There is no such attachment.", 404)
        body = parts[index].get_payload(decode=True)
        # Downloaded, never shown: a mail must not be able to run anything on this page.
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(
            body if isinstance(body, bytes) else b"", media_type=parts[index].get_content_type(), headers=headers
        )

    return [
        Route("/mails", show_all, methods=["GET"]),
        Route("/mails/{id}", show_one, methods=["GET"]),
        Route("/mails/{id}/attachments/{index:int}", attachment, methods=["GET"]),
    ]


def _list(world: World, order: str) -> str:
    rows = [
        [
            mail["at"][:19].replace("T", " "),
            html.escape(", ".join(mail["to"])),
            f'<a href="/mails/{mail["id"]}">{html.escape(mail["subject"]) or "(no subject)"}</a>',
            html.escape(mail["order"] or ""),
            html.escape(", ".join(mail["attachments"])),
        ]
        for mail in sink.find(world, order=order)[:SHOWN]
    ]
    headings = ["Time (UTC)", "To", "Subject", "Order", "Attachments"]
    return table(headings, rows, empty="No mail was received yet.")


def _body(mail: Document, message: EmailMessage) -> str:
    rows = [
        ("From", mail["from"]),
        ("To", ", ".join(mail["to"])),
        ("Time", mail["at"]),
        ("Message-ID", mail["message_id"]),
    ]
    rows += [("Order", mail["order"])] if mail["order"] else []
    head = "".join(f"<div><small>{name}</small> {html.escape(str(value))}</div>" for name, value in rows)
    files = "".join(_file(mail["id"], index, name) for index, name in enumerate(mail["attachments"]))
    text, rich = message.get_body(("plain",)), message.get_body(("html",))
    shown = ""
    if rich is not None:
        # An empty sandbox: no scripts, no forms, no access to this page.
        source = html.escape(rich.get_content(), quote=True)
        shown += f'<h2>As the customer sees it</h2><iframe sandbox="" title="Mail" srcdoc="{source}"></iframe>'
    if text is not None:
        shown += f"<h2>Text</h2><pre>{html.escape(text.get_content())}</pre>"
    return head + (f"<h2>Attachments</h2><ul>{files}</ul>" if files else "") + shown


def _file(mail_id: int, index: int, name: str) -> str:
    shown = html.escape(name, quote=True)
    return f'<li><a href="/mails/{mail_id}/attachments/{index}" download="{shown}">{shown}</a>'
