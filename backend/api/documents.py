"""Documents that a person opens from the dashboard: the one route that looks at the session cookie; it only reads."""

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import APIKeyCookie

from backend.api.described import problems
from backend.services import accounts, documents
from backend.services.documents import StoredDocument
from backend.services.run import in_unit_of_work

COOKIE = "holdfast_session"

router = APIRouter(tags=["documents"])
_session = APIKeyCookie(name=COOKIE, scheme_name="session", auto_error=False, description="A person's sign-in.")


def pdf_responses() -> dict[int | str, dict[str, Any]]:
    """How a route that answers with a PDF describes itself."""
    return {
        200: {
            "description": "The document.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    }


def as_answer(document: StoredDocument) -> Response:
    """The document as an answer that a browser shows in a sandbox and keeps nowhere."""
    return Response(
        document.content,
        media_type=document.media_type,
        headers={
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(document.filename)}",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cache-Control": "no-store",
        },
    )


@router.get(
    "/documents/{document_id}.pdf",
    summary="A document for a signed-in person",
    responses={**pdf_responses(), **problems(401, 403, 404, 422, 503)},
    response_class=Response,
)
async def read_document(
    request: Request, document_id: UUID, token: Annotated[str | None, Depends(_session)]
) -> Response:
    open_document = partial(
        in_unit_of_work, accounts.for_session, token or "", documents.document_pdf, str(document_id)
    )
    return as_answer(await request.app.state.threads.admin.run(open_document))
