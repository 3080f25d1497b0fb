"""Alembic's entry point: runs the migrations on the connection that `backend.store.migrate` hands over."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

import backend.store.tables  # noqa: F401  (registers every table)


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Tables of the job queue are Huey's own; our migrations leave them alone."""
    return not (kind == "table" and (name or "").startswith("huey_"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    include_object=include_object,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
