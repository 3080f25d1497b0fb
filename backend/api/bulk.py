"""Bulk runs with an API token: preview many orders as one frozen run, start it, watch it, pause, resume or stop it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import BIGGEST_ID, Body, Id, PageNumber, Size, Text, Words
from backend.api.once import Key, Reason, Token, once
from backend.api.strict import StrictRoute
from backend.api.teamwork import Moment
from backend.domain.bulk import BulkAction, BulkPreview, Choice, MemberState, Options, RunRow, RunView
from backend.domain.desk import ActionDone
from backend.domain.search import LONGEST
from backend.domain.teamwork import SnoozeEvent
from backend.services import bulk, bulk_previews

router = APIRouter(
    prefix="/admin/bulk",
    tags=["bulk"],
    route_class=StrictRoute,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)

MOST_NAMED = 5000
RunId = Annotated[int, Path(ge=1, le=BIGGEST_ID, description="The run's number.")]
Results = Annotated[
    list[Annotated[MemberState, Field(strict=False)]],
    Field(max_length=5, description="With `run_id`: how its orders ended that are meant."),
]


class NewRun(Body):
    """Orders by their numbers, or all that are held by one cause, or those of an earlier run that ended in a way."""

    action: Annotated[BulkAction, Field(strict=False)]
    numbers: Annotated[list[Annotated[Text, Field(max_length=40)]], Field(max_length=MOST_NAMED)] = []
    kind: Annotated[Text, Field(max_length=60, description="The kind of hold.", examples=["carrier_funds"])] = ""
    cluster: Annotated[Text, Field(max_length=400, description="The cause, as the held queue names it.")] = ""
    search: Annotated[
        Text,
        Field(max_length=LONGEST, description="All that a search of `/admin/orders` finds.", examples=["status:held"]),
    ] = ""
    q: Annotated[
        Text,
        Field(
            max_length=LONGEST, description="Held orders, and only those that this search finds, as `/admin/held` does."
        ),
    ] = ""
    run_id: Annotated[Id | None, Field(description="An earlier run.")] = None
    results: Results = []
    restock: Annotated[bool, Field(description="Cancel and refund: whether the goods go back to stock.")] = False
    person: Annotated[Text, Field(max_length=254, description="Assign: the colleague's e-mail address.")] = ""
    until: Annotated[Moment | None, Field(description="Snooze: until then at the latest.")] = None
    event: Annotated[
        Literal["payment", "provider", "answer", "parcel"] | None, Field(description="Snooze: until this happens.")
    ] = None


class Start(Body):
    token: Token = ""
    reason: Reason = ""


@router.post("", summary="Preview a bulk run: its orders are frozen, nothing is done to them", status_code=201)
async def preview(desk: AtDesk, body: NewRun) -> BulkPreview:
    results = tuple(str(each) for each in body.results)
    choice = Choice(
        tuple(body.numbers),
        body.kind,
        body.cluster,
        body.run_id or 0,
        results,
        body.search.strip(),
        query=body.q.strip(),
    )
    options = Options(body.restock, body.person, body.until, SnoozeEvent(body.event) if body.event else None)
    return await desk.ask(bulk_previews.preview, body.action, choice, options=options)


@router.get("", summary="Bulk runs, newest first")
async def list_runs(desk: AtDesk) -> list[RunRow]:
    return list(await desk.ask(bulk.recent))


@router.get("/{run_id}", summary="A bulk run and what became of its orders, failures first")
async def read_run(desk: AtDesk, run_id: RunId, state: Words = "", page: PageNumber = 1, size: Size = 50) -> RunView:
    return await desk.ask(bulk.view, run_id, state=state, page=page, size=size)


@router.get(
    "/{run_id}/results.csv",
    summary="What became of every order of a bulk run, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def read_results(
    desk: AtDesk, run_id: RunId, state: Annotated[Text, Query(max_length=20, description="Only this result.")] = ""
) -> Response:
    text = await desk.ask(bulk.results_csv, run_id, state=state)
    headers = {"Content-Disposition": f'attachment; filename="bulk-run-{run_id}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/{run_id}/start", summary="Start a previewed bulk run")
async def start(desk: AtDesk, run_id: RunId, body: Start, key: Key = None) -> ActionDone:
    token = once(body.token, key, "bulk_start", str(run_id))
    return await desk.ask(bulk.start, run_id, token=token, reason=body.reason)


@router.post("/{run_id}/pause", summary="Begin no further order until it is resumed")
async def pause(desk: AtDesk, run_id: RunId) -> ActionDone:
    return await desk.ask(bulk.pause, run_id)


@router.post("/{run_id}/resume", summary="Go on with the untouched orders, with the rights of this token")
async def resume(desk: AtDesk, run_id: RunId) -> ActionDone:
    return await desk.ask(bulk.resume, run_id)


@router.post("/{run_id}/stop", summary="Begin no further order; what is untouched stays so")
async def stop(desk: AtDesk, run_id: RunId) -> ActionDone:
    return await desk.ask(bulk.stop, run_id)
