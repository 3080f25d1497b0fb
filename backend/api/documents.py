"""Stored documents for programs. People open theirs in the dashboard, under its session."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.services import documents

router = APIRouter(prefix="/admin/documents", tags=["documents"])

_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The document.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/{document_id}.pdf",
    summary="An invoice or credit note as it was issued",
    responses=_PDF | problems(401, 403, 404, 422, 503),
    response_class=Response,
)
async def read_document(desk: AtDesk, document_id: UUID) -> Response:
    found = await desk.ask(documents.document_pdf, str(document_id))
    named = f"attachment; filename*=UTF-8''{quote(found.filename)}"
    return Response(found.content, media_type=found.media_type, headers={"Content-Disposition": named})
