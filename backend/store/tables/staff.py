"""Staff: users, their sessions, API tokens, and the installation's settings. Secrets are stored as hashes only."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.permissions import Role
from backend.store.tables.base import big, document, identity, moment

_ROLES = CheckConstraint(f"role in ({', '.join(repr(str(role)) for role in Role)})", name="role")


class User(SQLModel, table=True):
    """A colleague; `email` is lower case."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"), _ROLES)

    id: int = identity()
    email: str
    name: str
    role: str
    password_hash: str
    active: bool = True
    created_at: datetime = moment()
    last_sign_in_at: datetime | None = moment(default=None)
    preferences: dict[str, Any] = document(default_factory=dict)


class StaffSession(SQLModel, table=True):
    """A sign-in; the cookie's token is stored as SHA-256 only. `address` and `browser` tell its person where it is."""

    __tablename__ = "sessions"

    token_hash: str = Field(primary_key=True)
    user_id: int = big("users.id", index=True)
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment()
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    browser: str = Field(default="", sa_column_kwargs={"server_default": ""})


class SignInFailure(SQLModel, table=True):
    """A failed sign-in, for throttling per account and per address; swept after a day."""

    __tablename__ = "sign_in_failures"

    id: int = identity()
    subject: str = Field(index=True)
    at: datetime = moment(index=True)


class ApiToken(SQLModel, table=True):
    """A bearer token for the HTTP API; the token itself is shown once and stored as SHA-256. `user_id`: whose it is."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint(_ROLES.sqltext, name="role"),
    )

    id: int = identity()
    name: str
    role: str
    token_hash: str
    created_at: datetime = moment()
    last_used_at: datetime | None = moment(default=None)
    revoked_at: datetime | None = moment(default=None)
    user_id: int | None = big("users.id", default=None)


class Setting(SQLModel, table=True):
    """A setting that people change while the product runs, by key."""

    __tablename__ = "settings"

    key: str = Field(primary_key=True)
    value: Any = document()
    updated_at: datetime = moment()
    updated_by: str
