"""What `holdfast up` says while it works: one line per thing that is done, and a moving line on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from backend.clock import monotonic


class Report:
    """Lines for people on standard output. Where that is no terminal, only finished things are said."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status: Status | None = None

    @contextmanager
    def doing(self, what: str, done: str) -> Iterator[None]:
        """Show `what` while the block runs, and `done` with the time it took when it has ended well."""
        began = monotonic()
        with self.console.status(escape(what)) as self._status:
            yield
        self._status = None
        self.done(done, monotonic() - began)

    def detail(self, what: str, line: str) -> None:
        """Replace the moving line, for a step that says how far it has come."""
        if self._status is not None:
            self._status.update(f"{escape(what)} [dim]{escape(line[:100])}[/]")

    def done(self, what: str, seconds: float | None = None) -> None:
        time = "" if seconds is None or seconds < 0.1 else f" [dim]{seconds:.1f} s[/]"
        self.console.print(f"[green]✓[/] {escape(what)}{time}")

    def warn(self, what: str) -> None:
        self.console.print(f"[yellow]![/] {escape(what)}", soft_wrap=True)

    def say(self, what: str = "") -> None:
        self.console.print(escape(what), soft_wrap=True)

    def address(self, what: str, url: str) -> None:
        self.console.print(f"  {escape(what):<14} [link={url}]{escape(url)}[/link]", soft_wrap=True)
