"""`holdfast bench …`: measurements for people who want to know what this machine can do, or whether a change cost time."""

import json
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from backend.bench import pipeline as measurement
from backend.bench import report
from backend.bench.desk import document
from backend.bench.desk import measurement as measurement_of_desk
from backend.bench.desk.wish import Wish as DeskWish
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


@bench.command()
def desk(
    orders: Annotated[int, typer.Option(min=100, max=5_000_000, help="How many orders the shop has.")] = 1_000_000,
    held: Annotated[int | None, typer.Option(min=1, help="How many wait held; one in a hundred unless told.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=1_000, help="How often each click is measured.")] = 40,
    desks: Annotated[int, typer.Option(min=0, max=500, help="Live desks at once; 0 leaves them out.")] = 50,
    seconds: Annotated[
        float, typer.Option(min=1, max=600, help="How long orders are held beside the live desks.")
    ] = 30,
    browser: Annotated[bool, typer.Option(help="Measure clicks in a real browser.")] = True,
    keep: Annotated[Path | None, typer.Option(help="A folder in which the shop stays for the next run.")] = None,
    chromium: Annotated[
        Path | None, typer.Option(envvar="HOLDFAST_TEST_CHROMIUM", help="A Chromium of your own.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="A Markdown page with a place for the figures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """How fast the staff's desk is, in a real browser on a large shop; 1 when a budget is missed."""
    errors = Console(stderr=True, highlight=False)
    wish = DeskWish(orders, held, rounds, desks, seconds, browser=browser, keep=keep, chromium=chromium)
    with errors.status("desk") as status:
        result = measurement_of_desk.measure(wish, lambda doing: status.update(f"desk: {doing}"))
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=1))
    else:
        typer.echo(document.markdown(result))
    if write is not None:
        document.write(result, write)
    if result.missed:
        raise typer.Exit(1)
