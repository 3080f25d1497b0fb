"""Idempotency keys: same key and body get the first answer again, whatever it was; another body is refused."""

import hashlib
import json

from starlette.responses import JSONResponse, Response

from backend.sandbox import clock
from backend.sandbox.store import Document, Store
from backend.sandbox.stripe.errors import StripeError, invalid

KEPT_SECONDS = 24 * 3600
MAX_LENGTH = 255


class Keys:
    """Answers by key, kept for 24 hours; keys in flight are refused with 409."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_flight: set[str] = set()

    def begin(self, key: str, path: str, body: str) -> Response | None:
        """The answer to replay, or None when the request may run (end it with `end`). Raises 400 and 409."""
        if len(key) > MAX_LENGTH:
            raise invalid(f"Idempotency keys must not be longer than {MAX_LENGTH} characters.")
        if key in self._in_flight:
            message = "There is another request in progress with this idempotency key."
            raise StripeError(409, "idempotency_error", message, kept=False, code="idempotency_key_in_use")
        kept = self._store.get("stripe_keys", key)
        if kept and kept["at"] > clock.unix_seconds() - KEPT_SECONDS:
            return self._replay(key, kept, fingerprint(path, body))
        self._in_flight.add(key)
        return None

    def end(self, key: str, path: str, body: str, answer: Response | None, request_id: str) -> None:
        """Release the key; keep `answer` for replays unless it is None (nothing ran)."""
        self._in_flight.discard(key)
        if answer is not None:
            kept = {
                "fingerprint": fingerprint(path, body),
                "status": answer.status_code,
                "body": bytes(answer.body).decode(),
                "request_id": request_id,
                "at": clock.unix_seconds(),
            }
            self._store.put("stripe_keys", key, kept)

    def _replay(self, key: str, kept: Document, wanted: str) -> Response:
        if kept["fingerprint"] != wanted:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise StripeError(400, "idempotency_error", message, kept=False)
        headers = {"idempotent-replayed": "true", "original-request": kept["request_id"]}
        return JSONResponse(json.loads(kept["body"]), kept["status"], headers)


def fingerprint(path: str, body: str) -> str:
    """What makes two requests the same: path and parameters, whatever the order of these."""
    return hashlib.sha256("\n".join([path, *sorted(body.split("&"))]).encode()).hexdigest()
