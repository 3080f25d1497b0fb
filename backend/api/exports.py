"""The lists as files for programs: codes as they are, times in UTC, the same columns as on the screens."""

import asyncio
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from backend.api.access import Credentials
from backend.api.described import problems
from backend.api.fields import Text, Words
from backend.domain import held_columns, order_columns
from backend.domain import queue as held
from backend.domain.columns import Voice
from backend.domain.errors import TokenRefused
from backend.domain.search import LONGEST
from backend.domain.views import ListPage
from backend.services import accounts, exports, sheets
from backend.services.run import in_unit_of_work

router = APIRouter(prefix="/admin", tags=["orders"])

AS_CODES = Voice()
_COLUMNS = "Keys with commas between, in the order wanted: {}."
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as long as it may be; amounts are decimals beside their currency.",
        "content": {media_type.partition(";")[0]: _BINARY for media_type in sheets.MEDIA_TYPES.values()},
    }
}


@router.get(
    "/orders.{form}",
    summary="All orders that a search finds, as CSV or XLSX; written down in the audit",
    responses=_FILE | problems(401, 403, 422, 503),
    response_class=Response,
)
async def export_orders(
    credentials: Credentials,
    form: Literal["csv", "xlsx"],
    q: Annotated[
        Text, Query(max_length=LONGEST, description="A search, as for the list.", examples=["status:held"])
    ] = "",
    sort: Annotated[Literal["placed", "amount"], Query(description="The newest or the largest first.")] = "placed",
    ascending: Annotated[bool, Query(description="The other way round.")] = False,
    columns: Annotated[
        Words,
        Query(
            description=_COLUMNS.format(", ".join(order_columns.COLUMNS.by_key)),
            examples=[",".join(order_columns.COLUMNS.usual)],
        ),
    ] = "",
) -> Response:
    return await _file(credentials, ListPage.ORDERS, form=form, q=q, sort=sort, backwards=ascending, columns=columns)


@router.get(
    "/held.{form}",
    summary="All held orders that a search finds, as CSV or XLSX; written down in the audit",
    responses=_FILE | problems(401, 403, 422, 503),
    response_class=Response,
    tags=["holds"],
)
async def export_held(
    credentials: Credentials,
    form: Literal["csv", "xlsx"],
    q: Annotated[
        Text,
        Query(
            max_length=LONGEST,
            description="A search among them; `cause:` and `cluster:` name causes, `is:snoozed` what is put away.",
            examples=["amount:>100"],
        ),
    ] = "",
    sort: Annotated[
        held.Sort, Query(description="The longest held, the first due or the smallest first.")
    ] = held.Sort.AGE,
    desc: Annotated[bool, Query(description="The other way round.")] = False,
    columns: Annotated[
        Words,
        Query(
            description=_COLUMNS.format(", ".join(held_columns.COLUMNS.by_key)),
            examples=["number,amount,reason"],
        ),
    ] = "",
) -> Response:
    return await _file(credentials, ListPage.HELD, form=form, q=q, sort=sort, backwards=desc, columns=columns)


async def _file(credentials: Credentials, page: ListPage, **asked: Any) -> Response:
    if credentials is None:
        raise TokenRefused
    run = partial(in_unit_of_work, accounts.for_token, credentials.credentials)
    export = await asyncio.to_thread(run, exports.begin, page, **asked)
    return StreamingResponse(
        exports.pieces(export, run, AS_CODES),
        media_type=export.media_type,
        headers={"Content-Disposition": f'attachment; filename="{export.filename}"'},
    )
