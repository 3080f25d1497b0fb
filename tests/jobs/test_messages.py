"""What travels through the queue: plain wake-ups as JSON, and nothing that could run code."""

import json
import pickle

import pytest
from huey.registry import Message

from jobs.messages import RefusedMessage, WakeUpSerializer

SERIALIZER = WakeUpSerializer()


def message(**changes: object) -> Message:
    given = {"id": "t1", "name": "run_step", "args": (7,), "kwargs": {}, "retries": 0, "retry_delay": 0}
    return Message(**{**given, **changes})


@pytest.mark.parametrize("args", [(7,), ("01a1fd6f-d573-716f-be61-93244fc97f53",), ()])
def test_a_wake_up_arrives_as_it_was_sent(args: tuple[object, ...]) -> None:
    read = SERIALIZER.deserialize(SERIALIZER.serialize(message(args=args)))
    assert (read.id, read.name, read.args, read.kwargs, read.eta, read.retries) == ("t1", "run_step", args, {}, None, 0)


def test_a_wake_up_is_readable_text() -> None:
    assert json.loads(SERIALIZER.serialize(message())) == {"id": "t1", "name": "run_step", "args": [7]}


class Bomb:
    """Runs code when it is unpickled."""

    exploded = False

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (explode, ("boom",))


def explode(_: str) -> None:
    Bomb.exploded = True


@pytest.mark.parametrize(
    "planted",
    [
        pickle.dumps(Bomb()),
        pickle.dumps(message()),
        b"",
        b"\x80\x04",
        b"null",
        b"[]",
        b'"run_step"',
        b"{}",
        b'{"id": "t1", "name": "run_step"}',
        b'{"id": 1, "name": "run_step", "args": []}',
        b'{"id": "t1", "name": ["run_step"], "args": []}',
        b'{"id": "t1", "name": "run_step", "args": 7}',
        b'{"id": "t1", "name": "run_step", "args": {"a": 1}}',
        b'{"id": "t1", "name": "run_step", "args": [{"__class__": "os.system"}]}',
        b'{"id": "t1", "name": "run_step", "args": [[1]]}',
        b'{"id": "t1", "name": "run_step", "args": [1.5]}',
    ],
)
def test_anything_else_is_refused_and_never_run(planted: bytes) -> None:
    with pytest.raises(RefusedMessage):
        SERIALIZER.deserialize(planted)
    assert Bomb.exploded is False


@pytest.mark.parametrize(
    "thing", [message(kwargs={"a": 1}), message(retries=3), message(eta=5), {"name": "run_step"}, "run_step", None]
)
def test_nothing_but_a_plain_wake_up_is_sent(thing: object) -> None:
    with pytest.raises(RefusedMessage):
        SERIALIZER.serialize(thing)
