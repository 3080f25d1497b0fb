"""A measurement as a small table."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from backend.bench.costs import Cost
from backend.bench.pipeline import Result, Round


def show(console: Console, result: Result) -> None:
    """Everything that was measured, and whether it counts."""
    wish = result.wish
    console.print(
        f"{wish.workers} processes of {wish.threads} threads, providers answer in {wish.latency_ms:g} ms. One order: "
        f"{result.transactions} transactions, {result.statements} statements, {result.waits} waits."
    )
    table = Table("", "orders", "orders/s", "CPU ms/order", "PostgreSQL CPU ms/order", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, found in (("ours", result.ours), ("floor", result.floor), ("ours, scaled", result.scaled)):
        if found is not None:
            table.add_row(name, *_cells(found))
    console.print(table)
    if result.ratio is not None:
        console.print(f"ours / floor: {result.ratio:.0%}")
    if result.scaled_ratio is not None:
        console.print(f"scaled / ours: {result.scaled_ratio:.0%}")
    if result.wake_p50_ms is not None:
        samples = f"{wish.wakes} wake-ups on an idle system"
        console.print(f"wake-up: p50 {result.wake_p50_ms:.1f} ms, p99 {result.wake_p99_ms:.1f} ms ({samples})")
    for title, costs in (("ours, with all they call", result.our_costs), ("by themselves", result.own_costs)):
        if costs:
            console.print(_cost_table(title, costs))
    for problem in result.problems:
        console.print(f"[red]INVALID[/] {problem}", soft_wrap=True)


def _cells(found: Round) -> tuple[str, str, str, str]:
    return (
        f"{found.orders:,}",
        f"{found.orders_per_second:.1f}",
        f"{found.client_cpu_ms:.1f}",
        f"{found.postgres_cpu_ms:.1f}",
    )


def _cost_table(title: str, costs: list[Cost]) -> Table:
    """Profiles hold everything since the workers' start, wake-ups and all."""
    table = Table(f"\ndearest functions {title}", "own ms", "total ms", "calls", box=None, pad_edge=False)
    for name, own, total, calls in costs:
        table.add_row(escape(name), f"{own:,.0f}", f"{total:,.0f}", f"{calls:,}")
    return table
