"""Column types and small helpers shared by all tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING


class UtcDateTime(TypeDecorator[datetime]):
    """`timestamptz` that refuses naive datetimes, which would silently be read in some zone or other."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored; use backend.clock.now()")
        return value


def identity() -> Any:
    """A bigint primary key that the database numbers."""
    return Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=False),))


def big(foreign_key: str = "", **kwargs: Any) -> Any:
    """A bigint column, with a foreign key where named."""
    if foreign_key:
        kwargs["foreign_key"] = foreign_key
    return Field(sa_type=BigInteger, **kwargs)


def moment(**kwargs: Any) -> Any:
    """An aware UTC timestamp."""
    return Field(sa_type=UtcDateTime, **kwargs)


def document(**kwargs: Any) -> Any:
    """A JSON document."""
    return Field(sa_type=JSONB, **kwargs)
