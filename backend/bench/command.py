"""`holdfast bench …`: measurements for people who want to know what this machine can do, or whether a change cost time."""

import json
import signal
from typing import Annotated

import typer
from rich.console import Console

from backend.bench import pipeline as measurement
from backend.bench import report
from backend.bench.wish import Wish

bench = typer.Typer(help="Measure what this machine can do, on a throw-away installation.", no_args_is_help=True)


@bench.callback()
def _group() -> None:
    """Whoever ends a measurement with SIGTERM finds nothing left behind either, as at Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@bench.command()
def pipeline(
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="How many orders.")] = 200,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 2,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads of each worker.")] = 8,
    latency_ms: Annotated[float, typer.Option(min=0, max=5_000, help="How long providers take to answer.")] = 50,
    scale: Annotated[int, typer.Option(min=1, max=100, help="Also with this many times the orders.")] = 1,
    wakes: Annotated[int, typer.Option(min=2, max=10_000, help="Samples of wake-up latency.")] = 100,
    profile: Annotated[bool, typer.Option("--profile", help="Also say where the workers' CPU time goes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Orders per second from created to label bought, beside the floor: the same SQL and waiting in plain psycopg."""
    errors = Console(stderr=True, highlight=False)
    wish = Wish(orders, workers, threads, latency_ms, scale, wakes, profile)
    with errors.status("pipeline") as status:
        result = measurement.measure(wish, lambda doing: status.update(f"pipeline: {doing}"))
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=1))
    else:
        report.show(Console(highlight=False), result)
    if result.problems:
        raise typer.Exit(1)
