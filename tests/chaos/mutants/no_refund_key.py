"""The database does not mind two refunds of one key, nor two actions of one token."""

DATABASE = "alter table refunds drop constraint uq_refunds_key; alter table audit drop constraint uq_audit_action_token"


def apply() -> None:
    """Only the database is changed."""
