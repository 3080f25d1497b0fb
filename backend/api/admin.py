"""Reading orders and holds with an API token."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.api import answers
from backend.api.access import AtDesk
from backend.api.answers import HeldList, Order, OrderList
from backend.api.described import problems
from backend.api.fields import Number, Size, Text, Words
from backend.domain import search
from backend.domain.desk import HoldView, TimelineView
from backend.domain.incidents import IncidentView
from backend.domain.orders import OrderStatus
from backend.domain.queue import Parts, Place, Sort, Wish
from backend.domain.search import LONGEST
from backend.services import incidents, order_lists, orders, queue

router = APIRouter(prefix="/admin", tags=["orders"], responses=problems(401, 403, 422, 503))


@router.get("/orders", summary="Orders, newest first")
async def list_orders(
    desk: AtDesk,
    q: Annotated[
        Text,
        Query(
            max_length=LONGEST,
            description="A search as in the dashboard: words, and operators such as `status:held amount:>100 -channel:generic`.",
            examples=["status:held amount:>100"],
        ),
    ] = "",
    status: Annotated[OrderStatus | None, Query(description="Only orders with this status.")] = None,
    channel: Annotated[Words, Query(description="Only orders of this channel.", examples=["shopify"])] = "",
    held: Annotated[bool | None, Query(description="Only orders that are held, or only those that are not.")] = None,
    query: Annotated[
        Words, Query(description="Order number, number in the shop, whole e-mail address or phone, start of a name.")
    ] = "",
    cursor: Annotated[str, Query(max_length=60, description="`next_cursor` of the page before.")] = "",
    size: Size = 50,
) -> OrderList:
    page = await desk.ask(
        order_lists.order_page,
        q=q,
        status=status or "",
        channel=channel,
        held=held,
        query=query,
        cursor=cursor,
        size=size,
    )
    return OrderList(orders=[answers.order_summary(row) for row in page.rows], next_cursor=page.next_cursor)


@router.get("/orders/{number}", summary="One order with everything about it", responses=problems(404))
async def read_order(desk: AtDesk, number: Number) -> Order:
    return answers.order(await desk.ask(orders.order_view, number))


@router.get("/orders/{number}/timeline", summary="What happened to an order, newest first", responses=problems(404))
async def read_timeline(desk: AtDesk, number: Number) -> list[TimelineView]:
    return list(await desk.ask(orders.timeline_of, number))


@router.get("/orders/{number}/holds", summary="Every hold an order ever had, oldest first", responses=problems(404))
async def read_holds(desk: AtDesk, number: Number) -> list[HoldView]:
    return list(await desk.ask(orders.holds_of, number))


@router.get("/held", summary="Held orders: why, what to do, how old, and what is at stake", tags=["holds"])
async def list_held(
    desk: AtDesk,
    cause: Annotated[Words, Query(description="Only this cause, by the `cluster` that names it.")] = "",
    kind: Annotated[Words, Query(description="Only this kind of hold.")] = "",
    q: Annotated[
        Text,
        Query(
            max_length=LONGEST, description="A search among them, as for the list of orders.", examples=["amount:>100"]
        ),
    ] = "",
    sort: Sort = Sort.AGE,
    desc: Annotated[bool, Query(description="The other way round.")] = False,
    cursor: Annotated[str, Query(max_length=60, description="`next_cursor` of the page before.")] = "",
    size: Size = 50,
) -> HeldList:
    after = Place.parse(cursor) if cursor else None
    wanted = Parts(cause, kind, rest=search.parse(q)).filter(0)
    wish = Wish(wanted, sort, desc, after=after, size=size)
    return answers.held(await desk.ask(queue.held_page, wish), await desk.ask(queue.held_summary))


@router.get("/incidents", summary="What goes wrong for many orders at once, newest first", tags=["holds"])
async def list_incidents(desk: AtDesk) -> list[IncidentView]:
    return list(await desk.ask(incidents.open_incidents))
