"""Changing the product's SQL on its way to the database."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from backend.store import db
from tests.chaos.mutants.patching import put_in_place_of


def rewrite(change: Callable[[str], str]) -> None:
    """Every statement of this process goes through `change`."""
    configure = db.configure

    def configured(url: str, **options: Any) -> None:
        configure(url, **options)

        def before(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
            return change(statement), parameters

        event.listen(db.engine(), "before_cursor_execute", before, retval=True)

    put_in_place_of(db, "configure", configured)


def replaced(old: str, new: str) -> None:
    """Wherever this piece of SQL is used, another is."""
    rewrite(lambda statement: statement.replace(old, new))
