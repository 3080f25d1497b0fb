"""Webhooks to Holdfast: signed afresh for each try, repeated with growing pauses until answered 2xx."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

from backend.sandbox import clock
from backend.sandbox.agenda import Agenda
from backend.sandbox.store import Document

Signer = Callable[[bytes], dict[str, str]]
# Seconds between tries at pace 1; Shopify gives up after the eighth repetition, the others take their last pause again.
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 240.0)
MAX_TRIES = {"shopify": 9, "stripe": 16, "shipengine": 12, "generic": 9, "razorpay": 12, "easypost": 12}
# A fast pace must not burn all tries while the receiver restarts.
SLOWEST_PACE = 0.2
DELIVERY_LOG = 2_000


class Delivery:
    """Sends webhook jobs of the agenda; keeps the most recent tries in memory for the pages and tests."""

    def __init__(self, agenda: Agenda, holdfast_url: str, pace: float) -> None:
        self._agenda = agenda
        self._base = holdfast_url.rstrip("/")
        self._pace = max(pace, SLOWEST_PACE)
        self._signers: dict[str, Signer] = {}
        self._client: httpx.AsyncClient | None = None
        self.tries: deque[Document] = deque(maxlen=DELIVERY_LOG)
        agenda.on("webhook", self._send)

    def sign_with(self, sender: str, signer: Signer) -> None:
        """Say how a sender signs: raw body in, headers out."""
        self._signers[sender] = signer

    def post(
        self,
        sender: str,
        path: str,
        body: Any,
        *,
        topic: str,
        headers: dict[str, str] | None = None,
        delay_seconds: float = 0.0,
    ) -> None:
        """Queue a webhook. A str body is sent as it is, anything else as JSON."""
        raw = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        self._agenda.add(
            "webhook", delay_seconds, sender=sender, path=path, body=raw, topic=topic, headers=headers or {}
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, job: Document) -> float | None:
        hook, attempt = job["payload"], job["attempts"]
        raw = hook["body"].encode()
        headers = {"Content-Type": "application/json", **hook["headers"], **self._signers[hook["sender"]](raw)}
        started, status, problem = clock.stopwatch(), None, None
        try:
            answer = await self._http().post(self._base + hook["path"], content=raw, headers=headers)
            status = answer.status_code
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__}: {error}"
        done = status is not None and 200 <= status < 300
        given_up = not done and attempt >= MAX_TRIES[hook["sender"]]
        self.tries.append(
            {
                "at": clock.iso_millis(),
                "sender": hook["sender"],
                "topic": hook["topic"],
                "path": hook["path"],
                "attempt": attempt,
                "status": status,
                "problem": problem,
                "milliseconds": round((clock.stopwatch() - started) * 1000, 1),
                "outcome": "delivered" if done else "given up" if given_up else "will retry",
            }
        )
        if done or given_up:
            return None
        return PAUSES[min(attempt, len(PAUSES)) - 1] * self._pace

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            # One second to connect and five in all is what a shop's platform gives a receiver; no proxy on loopback.
            self._client = httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(5.0, connect=1.0))
        return self._client
