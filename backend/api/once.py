"""What makes an action count once however often it is sent: the preview's token, or a key of the caller's own."""

import hashlib
import json
import secrets
from typing import Annotated

from fastapi import Header
from pydantic import Field

from backend.api.fields import Text

Token = Annotated[Text, Field(max_length=200, description="The preview's token.")]
Reason = Annotated[Text, Field(max_length=1000, description="Goes into the order's timeline.")]
Key = Annotated[
    Text | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Any text of yours; the same one again means the same action. Not needed with the preview's token.",
    ),
]


def once(token: str, key: str | None, action: str, number: str, *about: object) -> str:
    """The name under which this very action is remembered; without one given, the version alone guards a repeat."""
    if token:
        return token
    if not key:
        return secrets.token_urlsafe(18)
    named = json.dumps([key, action, number, about])
    return "api:" + hashlib.sha256(named.encode()).hexdigest()
