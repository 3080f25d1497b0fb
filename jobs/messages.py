"""How a wake-up travels through the queue: a task's name and whole numbers or short texts, as JSON.

Huey pickles by default, and unpickling lets whoever can write to the queue run code here. This form carries nothing
that could: anything that is not exactly it is refused.
"""

import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer


class RefusedMessage(ValueError):
    """Something in the queue that is none of our wake-ups."""


class WakeUpSerializer(Serializer):  # type: ignore[misc]
    """JSON with the task's id, name and plain arguments; retries, delays and the like do not travel."""

    def _serialize(self, data: Any) -> bytes:
        if not isinstance(data, Message) or data.kwargs or data.eta or data.retries:
            raise RefusedMessage("only plain wake-ups go through the queue")
        return json.dumps({"id": data.id, "name": data.name, "args": list(data.args or ())}).encode()

    def _deserialize(self, data: bytes) -> Message:
        try:
            read = json.loads(data)
            task_id, name, args = read["id"], read["name"], read["args"]
        except (ValueError, TypeError, KeyError) as error:
            raise RefusedMessage("a message in the queue is not a wake-up") from error
        plain = isinstance(args, list) and all(isinstance(arg, int | str) for arg in args)
        if not (isinstance(task_id, str) and isinstance(name, str) and plain):
            raise RefusedMessage("a message in the queue is not a wake-up")
        return Message(id=task_id, name=name, args=tuple(args), kwargs={}, retries=0, retry_delay=0)
