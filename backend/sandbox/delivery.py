"""Webhooks to Holdfast: signed afresh for each try, repeated with growing pauses until answered 2xx.

Faults of the operation `webhook` strike here: what is lost, late, early, twice, forged, wrong or out of order.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx

from backend.sandbox import clock, wrong
from backend.sandbox.agenda import Agenda
from backend.sandbox.faults import WEBHOOK, WRONG_FAULTS, Call, Faults, delay_of
from backend.sandbox.mentions import mentioned
from backend.sandbox.references import References
from backend.sandbox.store import Document

Signer = Callable[[bytes], dict[str, str]]
FirstTry = asyncio.Future[None]
# Seconds between tries at pace 1; Shopify gives up after the eighth repetition, the others take their last pause again.
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 240.0)
MAX_TRIES = {"shopify": 9, "stripe": 16, "shipengine": 12, "generic": 9, "razorpay": 12, "easypost": 12}
# Who is at fault for a sender's webhooks, where that is not the sender itself.
PROVIDERS = {"shopify": "shop", "generic": "shop"}
# A fast pace must not burn all tries while the receiver restarts.
SLOWEST_PACE = 0.2
DELIVERY_LOG = 2_000
FORGED_AHEAD = 0.1
OVERTAKEN_LOOK = 0.1
EARLY_PATIENCE = 5.0
FORGED, BADLY_FIRST = "forged", "badly first"


class Delivery:
    """Sends webhook jobs of the agenda; keeps the most recent tries in memory for the pages and tests."""

    def __init__(self, agenda: Agenda, faults: Faults, references: References, holdfast_url: str, pace: float) -> None:
        self._agenda = agenda
        self._faults = faults
        self._references = references
        self._base = holdfast_url.rstrip("/")
        self._pace = max(pace, SLOWEST_PACE)
        self._signers: dict[str, Signer] = {}
        self._client: httpx.AsyncClient | None = None
        self.tries: deque[Document] = deque(maxlen=DELIVERY_LOG)
        self._early: ContextVar[list[FirstTry] | None] = ContextVar("early", default=None)
        self._first_tries: dict[int, FirstTry] = {}
        self._newest_delivered: dict[str, int] = {}
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
        refs = mentioned(_parsed(body))
        letter: Document = {"sender": sender, "path": path, "body": raw, "topic": topic, "headers": headers or {}}
        letter["order"] = self._references.order_of(refs)
        fault = self._faults.strike(Call(PROVIDERS.get(sender, sender), WEBHOOK, refs))
        if fault is None:
            self._agenda.add("webhook", delay_seconds, **letter)
        else:
            self._post_badly(fault, letter, delay_seconds)

    def _post_badly(self, fault: Document, letter: Document, delay: float) -> None:
        kind, seconds = fault["fault"], delay_of(fault)
        if kind == "webhook_lost":
            self._note(letter, 0, None, None, 0.0, "never sent")
            return
        if kind in WRONG_FAULTS:
            letter["body"] = wrong.spoil(kind, letter["body"].encode()).decode()
        elif kind == "webhook_late":
            delay += seconds
        elif kind == "webhook_forged":
            self._agenda.add("webhook", delay, **letter, signed=FORGED)
            delay += FORGED_AHEAD
        elif kind == "webhook_bad_signature":
            letter["signed"] = BADLY_FIRST
        elif kind == "webhook_out_of_order":
            letter["waits_until"] = clock.unix() + delay + seconds
        job = self._agenda.add("webhook", delay, **letter)
        if kind == "webhook_duplicate":
            self._agenda.add("webhook", delay + seconds, **letter)
        if kind == "webhook_early" and (early := self._early.get()) is not None:
            self._first_tries[job["id"]] = asyncio.get_running_loop().create_future()
            early.append(self._first_tries[job["id"]])

    @contextmanager
    def noting_early_ones(self) -> Iterator[list[FirstTry]]:
        """The webhooks posted meanwhile by this same call that are to come before its answer."""
        early: list[FirstTry] = []
        before = self._early.set(early)
        try:
            yield early
        finally:
            self._early.reset(before)

    async def first_tries_of(self, early: list[FirstTry]) -> None:
        """Wait until each of these webhooks was tried once, but not for ever."""
        if early:
            await asyncio.wait(early, timeout=EARLY_PATIENCE)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, job: Document) -> float | None:
        hook = job["payload"]
        if self._waits(job):
            job["attempts"] -= 1
            return OVERTAKEN_LOOK
        attempt, signed = job["attempts"], hook.get("signed")
        raw = hook["body"].encode()
        falsely = signed == FORGED or (signed == BADLY_FIRST and attempt == 1)
        signature = self._signers[hook["sender"]](raw + b" " if falsely else raw)
        headers = {"Content-Type": "application/json", **hook["headers"], **signature}
        started, status, problem = clock.stopwatch(), None, None
        try:
            answer = await self._http().post(self._base + hook["path"], content=raw, headers=headers)
            status = answer.status_code
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__}: {error}"
        finally:
            self._tried(job["id"])
        done = status is not None and 200 <= status < 300
        given_up = not done and (attempt >= MAX_TRIES[hook["sender"]] or signed == FORGED)
        outcome = "delivered" if done else "given up" if given_up else "will retry"
        if signed == FORGED:
            outcome = "a forgery, TAKEN" if done else "a forgery, refused"
        elif done and hook.get("order"):
            self._newest_delivered[hook["order"]] = max(job["id"], self._newest_delivered.get(hook["order"], 0))
        self._note(hook, attempt, status, problem, clock.stopwatch() - started, outcome)
        return None if done or given_up else PAUSES[min(attempt, len(PAUSES)) - 1] * self._pace

    def _waits(self, job: Document) -> bool:
        """Is it to be overtaken by a later one of its order, and has not been yet?"""
        hook = job["payload"]
        if clock.unix() >= hook.get("waits_until", 0.0):
            return False
        newest = self._newest_delivered.get(str(hook["order"]), 0)
        return newest <= int(job["id"])

    def _tried(self, job_id: int) -> None:
        first = self._first_tries.pop(job_id, None)
        if first is not None and not first.done():
            first.set_result(None)

    def _note(
        self, hook: Document, attempt: int, status: int | None, problem: str | None, seconds: float, outcome: str
    ) -> None:
        self.tries.append(
            {
                "at": clock.iso_millis(),
                "sender": hook["sender"],
                "topic": hook["topic"],
                "path": hook["path"],
                "order": hook.get("order"),
                "attempt": attempt,
                "status": status,
                "problem": problem,
                "milliseconds": round(seconds * 1000, 1),
                "outcome": outcome,
            }
        )

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            # One second to connect and five in all is what a shop's platform gives a receiver; no proxy on loopback.
            self._client = httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(5.0, connect=1.0))
        return self._client


def _parsed(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return None
