"""The outside world of a measurement: one process that answers as payment gateway, invoicing and carrier would.

`python -m backend.bench.providers MILLISECONDS` prints its port and serves on loopback until it is told to stop. Every
answer comes after that many milliseconds; `PUT /bench/latency/N` changes that, `GET /bench/served` says how many answers
were given. The formats are just what our adapters read. Identifiers are made of the order's own, so they are unique.
"""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 80 + b"\n%%EOF\n"
"""Twenty kilobytes that do not compress away, as an invoice with a logo would be."""

Body = Any


@dataclass
class World:
    """What the providers remember: issued invoices by reference, and how they answer."""

    seconds: float
    served: int = 0
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)


def transactions(world: World, found: re.Match[str], body: Body) -> Body:
    order = found[1]
    authorization = {"id": f"{order}-1", "kind": "authorization", "status": "success", "amount": "1.00"}
    return {"transactions": [{**authorization, "currency": "EUR"}]}


def capture(world: World, found: re.Match[str], body: Body) -> Body:
    wanted = body["transaction"]
    return {"transaction": {"id": f"{found[1]}-2", "status": "success", **wanted}}


def nothing_found(world: World, found: re.Match[str], body: Body) -> Body:
    return {"data": []}


def new_client(world: World, found: re.Match[str], body: Body) -> Body:
    return {"data": {"id": f"client-{body['contacts'][0]['email']}", **body}}


def new_invoice(world: World, found: re.Match[str], body: Body) -> Body:
    reference = f"invoice-{body['custom_value1']}"
    amount = sum(line["quantity"] * line["cost"] for line in body["line_items"])
    entity = {**body, "id": reference, "amount": round(amount, 2), "invitations": [{"key": reference}]}
    world.invoices[reference] = {"data": entity}
    return world.invoices[reference]


def invoice(world: World, found: re.Match[str], body: Body) -> Body:
    return world.invoices[found[1]]


def document(world: World, found: re.Match[str], body: Body) -> Body:
    return PDF


def address(world: World, found: re.Match[str], body: Body) -> Body:
    return [{"status": "verified", "messages": []}]


def label(world: World, found: re.Match[str], body: Body) -> Body:
    order = body["shipment"]["external_order_id"]
    return {
        "label_id": f"label-{order}",
        "status": "completed",
        "shipment_id": f"shipment-{order}",
        "external_shipment_id": body["shipment"]["external_shipment_id"],
        "shipment_cost": {"currency": "eur", "amount": 4.9},
        "tracking_number": f"1Z{order}",
        "tracking_url": f"https://carrier.invalid/{order}",
        "carrier_code": "ups",
        "service_code": "ups_standard",
        "label_download": {"pdf": f"https://carrier.invalid/{order}.pdf"},
    }


Answer = Callable[[World, re.Match[str], Body], Body]
ROUTES: tuple[tuple[str, Answer], ...] = (
    (r"GET /admin/api/[^/]+/orders/([^/]+)/transactions\.json", transactions),
    (r"POST /admin/api/[^/]+/orders/([^/]+)/transactions\.json", capture),
    (r"GET /api/v1/(?:clients|invoices)\?.*", nothing_found),
    (r"POST /api/v1/clients", new_client),
    (r"POST /api/v1/invoices\?.*", new_invoice),
    (r"GET /api/v1/invoices/([^/?]+)", invoice),
    (r"GET /api/v1/invoice/([^/?]+)/download", document),
    (r"POST /v1/addresses/validate", address),
    (r"POST /v1/labels", label),
)
_ROUTES = tuple((re.compile(pattern), answer) for pattern, answer in ROUTES)


async def converse(world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One kept-alive connection."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            line, _, rest = head.decode("latin-1").partition("\r\n")
            length = re.search(r"content-length: *([0-9]+)", rest, re.IGNORECASE)
            content = await reader.readexactly(int(length[1])) if length else b""
            status, body = await answer_to(world, line.removesuffix(" HTTP/1.1"), content)
            writer.write(wire(status, body))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer_to(world: World, asked: str, content: bytes) -> tuple[int, Body]:
    """Status and body for "METHOD /path", after the time an answer takes."""
    if asked == "GET /bench/served":
        return 200, {"served": world.served}
    if asked.startswith("PUT /bench/latency/"):
        world.seconds = float(asked.rpartition("/")[2]) / 1000
        return 200, {}
    await asyncio.sleep(world.seconds)
    for pattern, answer in _ROUTES:
        if found := pattern.fullmatch(asked):
            world.served += 1
            return 200, answer(world, found, json.loads(content) if content else None)
    return 404, {"message": f"{asked} is not played here"}


def wire(status: int, body: Body) -> bytes:
    media, content = ("application/pdf", body) if isinstance(body, bytes) else ("application/json", _json(body))
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {media}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _json(body: Body) -> bytes:
    return json.dumps(body).encode()


async def serve(milliseconds: float) -> None:
    world = World(milliseconds / 1000)
    server = await asyncio.start_server(lambda reader, writer: converse(world, reader, writer), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
