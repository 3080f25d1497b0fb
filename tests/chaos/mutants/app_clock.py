"""Leases and due times are reckoned by the application's clock, not by the database's."""

from backend import clock
from tests.chaos.mutants.rewriting import rewrite


def apply() -> None:
    rewrite(lambda statement: statement.replace("clock_timestamp()", f"timestamptz '{clock.now().isoformat()}'"))
