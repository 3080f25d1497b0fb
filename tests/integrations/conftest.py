"""What the integration tests share: a scripted server, and calls with time left."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from backend import clock
from backend.ports.calls import Call
from tests.integrations.server import Reply, Script, ScriptedServer

Serve = Callable[..., ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with replies given in turn, or with `script=`."""
    with ExitStack() as stack:

        def start(*replies: Reply, script: Script | None = None) -> ScriptedServer:
            return stack.enter_context(ScriptedServer(*replies, script=script).running())

        yield start


@pytest.fixture
def call() -> Call:
    return Call(key="ORD-20260131-00001:payment.capture:1", deadline=clock.monotonic() + 10)
