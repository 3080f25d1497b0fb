"""Runs the sandbox: one process, one event loop for HTTP, SMTP and the agenda, until SIGTERM or SIGINT."""

import asyncio
import signal
import socket

from granian.constants import Interfaces
from granian.server.embed import Server

from backend.sandbox.app import build
from backend.sandbox.config import ConfigError, SandboxConfig
from backend.sandbox.mail.sink import Sink
from backend.sandbox.shop.counter import Counter
from backend.sandbox.world import World

# Long enough for the server's threads to let go of the event loop before it closes.
DRAIN_SECONDS = 0.3
STOP_SECONDS = 5.0


def run(config: SandboxConfig) -> None:
    """Serve until SIGTERM or SIGINT; returns after a clean stop. Raises ConfigError when a port is taken."""
    for name, port in (("SANDBOX_PORT", config.port), ("SANDBOX_SMTP_PORT", config.smtp_port)):
        _require_free(config.host, name, port)
    asyncio.run(_serve(config))


async def _serve(config: SandboxConfig) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = World(config)
    application, counter = build(world)
    world.store.commit()
    mail = await Sink(world).serve()
    server = Server(
        application,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_enabled=False,
        backlog=1024,
    )
    serving = asyncio.create_task(server.serve())
    work = [asyncio.create_task(world.agenda.run()), asyncio.create_task(_trickle(counter, config))]
    await stop.wait()
    for task in work:
        task.cancel()
    mail.close()
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait_for(serving, STOP_SECONDS)
    await asyncio.gather(*work, return_exceptions=True)
    await asyncio.sleep(DRAIN_SECONDS)
    await world.close()


async def _trickle(counter: Counter, config: SandboxConfig) -> None:
    """Place orders one after another, as customers do, when a rate is set."""
    await asyncio.to_thread(counter.warm_up)
    while config.orders_per_minute > 0:
        await asyncio.sleep(counter.pause_before_next(config.orders_per_minute))
        counter.place_by_chance()


def _require_free(host: str, name: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise ConfigError(f"{name} is {port}, but that port is already in use.") from None
