"""Refund keys: same key and body get the first answer again; another body is refused, and so is a key in flight."""

import hashlib
import json
import re
from typing import Any

from starlette.responses import JSONResponse, Response

from backend.sandbox.razorpay.errors import RazorpayError
from backend.sandbox.store import Store

_FORM = re.compile(r"[A-Za-z0-9_-]{10,}")
_NOTHING: dict[str, Any] = {"source": "NA", "step": "NA", "reason": "NA"}


class RefundKeys:
    """Answers by key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_flight: set[str] = set()

    def begin(self, key: str, request: str) -> Response | None:
        """The answer to give again, or None when the request may run (end it with `end`). Raises RazorpayError."""
        if not _FORM.fullmatch(key):
            raise RazorpayError("The idempotency key must have at least 10 characters: letters, digits, - and _.")
        if key in self._in_flight:
            raise RazorpayError("A request with this idempotency key is being processed.", status=409, **_NOTHING)
        kept = self._store.get("razorpay_keys", key)
        if kept is None:
            self._in_flight.add(key)
            return None
        if kept["request"] != _digest(request):
            message = "Different request with the same idempotency key has already been processed."
            raise RazorpayError(message, **_NOTHING)
        return JSONResponse(json.loads(kept["body"]))

    def end(self, key: str, request: str, done: Response | None) -> None:
        """Release the key; keep the answer of a refund that was made, whether or not anybody gets to see it."""
        self._in_flight.discard(key)
        if done is not None and done.status_code == 200:
            body = bytes(done.body).decode()
            self._store.put("razorpay_keys", key, {"request": _digest(request), "body": body})


def _digest(request: str) -> str:
    return hashlib.sha256(request.encode()).hexdigest()
