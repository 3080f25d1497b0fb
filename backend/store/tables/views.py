"""Views that people keep of the lists: a search, an order and columns under a name."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.views import ListPage
from backend.store.tables.base import big, identity, moment


class SavedView(SQLModel, table=True):
    """One view of one list. `query` is a search in its canonical form, `sort` as the list's address says it; no columns
    means whatever the person has chosen for the list. A shared one is seen by everybody who may see the list."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("owner_id", "page", "name"),
        CheckConstraint(f"page in ({', '.join(repr(str(page)) for page in ListPage)})", name="page"),
        Index("ix_saved_views_shared_page", "page", postgresql_where="shared"),
    )

    id: int = identity()
    owner_id: int = big("users.id")
    page: str
    name: str
    query: str = ""
    sort: str = ""
    columns: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    shared: bool = False
    created_at: datetime = moment()
    updated_at: datetime = moment()
