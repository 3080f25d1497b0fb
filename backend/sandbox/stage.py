"""Plays a fault for one call: what is done, when, and what the caller gets to hear."""

import asyncio
from collections.abc import Callable

from starlette.responses import Response

from backend.sandbox import wrong
from backend.sandbox.connection import (
    CutResponse,
    DrippingResponse,
    EndlessResponse,
    HangingResponse,
    LateAnswer,
    LostAnswer,
)
from backend.sandbox.faults import BUSY, REFUSALS, WRONG_FAULTS, Call, delay_of
from backend.sandbox.late import LateEffects
from backend.sandbox.store import Document

Effect = Callable[[str | None], Response]
# The provider's own answer for a status: 429, 500 or 503.
Broken = Callable[[int], Response]

METADATA_SERVICE = "http://169.254.169.254/latest/meta-data/"
SILENCE_SECONDS = 60.0
HUGE_HEADER_BYTES = 5 * 1024 * 1024
_PAGE = (
    "<!DOCTYPE html><html><head><title>{status} {title}</title></head>"
    "<body><center><h1>{status} {title}</h1></center><hr><center>edge proxy</center></body></html>"
)
_TITLES = {200: "Welcome", 502: "Bad Gateway", 504: "Gateway Time-out"}


async def play(fault: Document, call: Call, effect: Effect, broken: Broken, late: LateEffects) -> Response:
    """The answer under a fault that struck this call."""
    kind = fault["fault"]
    if kind in REFUSALS:
        return effect(kind)
    if kind == "error_5xx":
        return broken(500)
    if kind == "connection_cut":
        return CutResponse()
    if kind in BUSY:
        answer = broken(BUSY[kind])
        answer.headers["Retry-After"] = f"{delay_of(fault):g}"
        return answer
    if kind == "slow":
        await asyncio.sleep(delay_of(fault))
        return effect(None)
    if kind == "accept_late":
        return _later(fault, call, effect, late)
    if fault["effect"] is False:
        return _spoilt(fault, Response(b"{}", media_type="application/json"), broken)
    answer = effect(None)
    return answer if answer.status_code >= 400 else _spoilt(fault, answer, broken)


def _later(fault: Document, call: Call, effect: Effect, late: LateEffects) -> Response:
    page = _page(504)
    answer = LateAnswer(page.body, 504, media_type="text/html", silent=fault["status"] == 0, seconds=SILENCE_SECONDS)
    late.promise(call, delay_of(fault), lambda: answer.settle(effect(None)))
    return answer


def _spoilt(fault: Document, answer: Response, broken: Broken) -> Response:
    """What becomes of a good answer."""
    kind = fault["fault"]
    if kind in WRONG_FAULTS:
        return LostAnswer(wrong.spoil(kind, bytes(answer.body)), answer.status_code, media_type="application/json")
    match kind:
        case "accept_then_500":
            return broken(500)
        case "accept_then_cut":
            return CutResponse()
        case "accept_then_hang":
            return HangingResponse(delay_of(fault))
        case "html":
            return _page(fault["status"])
        case "redirect":
            return LostAnswer(status_code=302, headers={"Location": METADATA_SERVICE})
        case "empty":
            return LostAnswer(status_code=204)
        case "slow_drip":
            return DrippingResponse(answer, delay_of(fault))
        case "huge_body" | "huge_header":
            return _huge(kind, answer)
    raise ValueError(f"nobody knows how to play {kind}")


def _huge(kind: str, answer: Response) -> Response:
    if kind == "huge_body":
        return EndlessResponse()
    answer.headers["X-Padding"] = "x" * HUGE_HEADER_BYTES
    return LostAnswer(answer.body, answer.status_code, headers=dict(answer.headers))


def _page(status: int) -> LostAnswer:
    return LostAnswer(_PAGE.format(status=status, title=_TITLES[status]), status, media_type="text/html")
