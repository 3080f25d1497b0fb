"""The kinds of value that requests carry, each bounded, so that nothing reaches the database that it cannot hold."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

BIGGEST_ID = 2**63 - 1
BIGGEST_VERSION = 2**31 - 1


def _plain(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it contains characters that are not text")
    return text


Text = Annotated[str, AfterValidator(_plain)]
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Version = Annotated[
    int,
    Field(
        ge=0,
        le=BIGGEST_VERSION,
        description="The order's version that you decided on, from the preview or the order. If the order has changed "
        "since, nothing is done and the answer is 409 preview_outdated.",
    ),
]
Number = Annotated[
    Text, Path(min_length=1, max_length=40, description="The order's number.", examples=["ORD-20260131-00001"])
]
Words = Annotated[Text, Query(max_length=200)]
Size = Annotated[int, Query(ge=1, le=200, description="Rows per page.")]
PageNumber = Annotated[int, Query(ge=1, le=100_000, description="The page, from 1.")]


class Body(BaseModel):
    """A request body: only named fields, nothing converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True)
