"""Bringing what waits forward, on both sides: first what is to happen out here, then Holdfast's own due times.

In this order, so that a question that Holdfast asks sooner finds what was accepted late, as it would have in time.
"""

from typing import Any

import httpx

from backend.sandbox.store import Document
from backend.sandbox.world import World

CLOCK = "/admin/lab/clock"
PATIENCE = 15.0


class Refused(Exception):
    """Holdfast's clock was not moved; the text says why."""


class Hurry:
    """Moves the clock of one sandbox and of the Holdfast beside it."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def possible(self) -> bool:
        """Was this sandbox given the token that Holdfast's clock obeys?"""
        return bool(self._world.config.lab_token)

    async def by(self, seconds: int | None, order_id: str) -> str:
        """Bring what waits forward by so many seconds, None: to now; for one order, or for all. Says what moved.

        Raises `Refused`.
        """
        names = self._world.references.expand([order_id]) if order_id else None
        outside = self._world.late.hurry(seconds, names)
        outside += self._world.agenda.hurry(seconds, lambda job: names is None or bool(names & _mentions(job)))
        self._world.store.commit()
        reach = await self._ask(seconds, order_id)
        return _sentence(reach, outside)

    async def _ask(self, seconds: int | None, order_id: str) -> Document:
        config = self._world.config
        if not config.lab_token:
            raise Refused("Holdfast's clock cannot be moved: this sandbox was started without SANDBOX_LAB_TOKEN.")
        headers = {"Authorization": f"Bearer {config.lab_token}"}
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
                url = f"{config.holdfast_url.rstrip('/')}{CLOCK}"
                answer = await http.post(url, json={"seconds": seconds, "order": order_id}, headers=headers)
        except httpx.HTTPError as error:
            raise Refused(
                f"Holdfast at {config.holdfast_url} does not answer: {error or type(error).__name__}."
            ) from None
        said = _json(answer)
        if answer.status_code == 200:
            return said
        if said.get("code") == "order_not_found":
            raise Refused("Holdfast does not know this order yet. What waits out here was moved all the same.")
        if said.get("code") == "not_found":
            raise Refused("Holdfast has no failure lab: it runs without HOLDFAST_LAB_TOKEN, or not beside the sandbox.")
        raise Refused(f"Holdfast refused ({answer.status_code}): {said.get('detail') or 'no reason given'}")


def _json(answer: httpx.Response) -> Document:
    try:
        body: Any = answer.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _mentions(job: Document) -> set[str]:
    return {str(value) for name, value in job["payload"].items() if name != "body" and isinstance(value, str | int)}


def _sentence(reach: Document, outside: int) -> str:
    counted = (
        ("step", reach.get("steps", 0)),
        ("lease of a dead worker", reach.get("leases", 0)),
        ("pause of a provider", reach.get("breakers", 0)),
        ("kept message", reach.get("messages", 0)),
        ("event out here", outside),
    )
    moved = ", ".join(f"{number} × {what}" for what, number in counted if number)
    return f"Came sooner: {moved}." if moved else "Nothing was waiting."
