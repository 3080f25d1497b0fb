"""The HTTP API without the dashboard, as a process: `python -m tests.chaos.api`. It is up in no time, and is the same code."""

import asyncio
import logging
import signal
import sys

from granian.constants import Interfaces
from granian.server.embed import Server

from backend import settings, wiring
from backend.api.app import create_api
from backend.domain.errors import HoldfastError


async def _serve() -> None:
    config = settings.current()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = Server(
        create_api(),
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_enabled=False,
        backlog=1024,
    )
    serving = asyncio.create_task(server.serve())
    await stop.wait()
    server.stop()
    await asyncio.wait_for(serving, 5)


def main() -> None:
    wiring.start("web")
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    asyncio.run(_serve())


if __name__ == "__main__":
    try:
        main()
    except HoldfastError as error:
        sys.exit(f"The API cannot start. {error.sentence}")
