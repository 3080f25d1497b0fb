"""Saved views: what each person sees in the strip above a list, and keeping, changing and sharing them."""

from sqlmodel import Session

from backend import clock
from backend.domain import search
from backend.domain.errors import InvalidInput, NotFound, NotPossible
from backend.domain.list_columns import COLUMNS
from backend.domain.permissions import Actor, Level
from backend.domain.views import AREAS, BUILT_IN, MOST_OWN, ListPage, View, view_name
from backend.services import audit
from backend.store import views
from backend.store.tables import SavedView

SORT_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz-_")


def views_of(session: Session, page: ListPage, *, actor: Actor) -> tuple[View, ...]:
    """What comes with the role, then the person's own and everybody's shared views, by name."""
    actor.require(AREAS[page], Level.VIEW, "see this list")
    with_role = BUILT_IN[page].get(actor.role, ()) if actor.role else ()
    user_id = _user_id(actor)
    found = views.seen_by(session, page, user_id) if user_id is not None else []
    return (*with_role, *[_view(view, owner, actor) for view, owner in found])


def columns_of(session: Session, page: ListPage, *, actor: Actor) -> tuple[str, ...]:
    """The columns the person last chose for the list, as far as there still are such columns; the usual ones otherwise."""
    actor.require(AREAS[page], Level.VIEW, "see this list")
    user_id = _user_id(actor)
    found = views.columns(session, user_id, page) if user_id is not None else []
    return COLUMNS[page].known(found)


def remember_columns(session: Session, page: ListPage, columns: list[str], *, actor: Actor) -> tuple[str, ...]:
    """Keep the person's choice for the list; none goes back to the usual ones. Raises `InvalidInput`."""
    actor.require(AREAS[page], Level.VIEW, "see this list")
    kept = COLUMNS[page].chosen(columns)
    views.remember_columns(session, _person(actor), page, list(kept) if columns else [])
    return kept


def save_view(
    session: Session,
    page: ListPage,
    *,
    actor: Actor,
    name: str,
    q: str,
    sort: str = "",
    columns: tuple[str, ...] = (),
    shared: bool = False,
) -> str:
    """Keep a view and return its key. Raises `InvalidInput` for a search or a name that will not do."""
    actor.require(AREAS[page], Level.VIEW, "see this list")
    if shared:
        actor.require(AREAS[page], Level.ACT, "share views")
    user_id = _person(actor)
    views.serialise(session, user_id)
    if views.own_count(session, user_id) >= MOST_OWN:
        raise NotPossible(f"You keep {MOST_OWN} views already. Delete one that you no longer need.")
    now = clock.now()
    view = SavedView(owner_id=user_id, page=page, name=_free_name(session, page, user_id, name), shared=shared)
    _fill(view, q, sort, columns)
    view.created_at = view.updated_at = now
    session.add(view)
    session.flush()
    if shared:
        _audit(session, "share_view", view, actor)
    return str(view.id)


def change_view(
    session: Session, key: str, *, actor: Actor, q: str, sort: str = "", columns: tuple[str, ...] = ()
) -> None:
    """Have a view show something else from now on."""
    view = _changeable(session, key, actor)
    _fill(view, q, sort, columns)
    view.updated_at = clock.now()
    if view.shared:
        _audit(session, "change_view", view, actor)


def rename_view(session: Session, key: str, name: str, *, actor: Actor, shared: bool | None = None) -> None:
    """Give a view another name, and share it or not where `shared` says so."""
    view = _changeable(session, key, actor)
    if view_name(name) != view.name:
        view.name = _free_name(session, ListPage(view.page), view.owner_id, name)
    if shared is not None and shared != view.shared:
        actor.require(AREAS[ListPage(view.page)], Level.ACT, "share views")
        view.shared = shared
        _audit(session, "share_view" if shared else "unshare_view", view, actor)
    view.updated_at = clock.now()


def delete_view(session: Session, key: str, *, actor: Actor) -> None:
    """Take a view away for good; the orders it showed stay as they are."""
    view = _changeable(session, key, actor)
    if view.shared:
        _audit(session, "delete_view", view, actor)
    session.delete(view)


def _view(view: SavedView, owner: str, actor: Actor) -> View:
    own = view.owner_id == _user_id(actor)
    return View(
        key=str(view.id),
        name=view.name,
        query=view.query,
        sort=view.sort,
        columns=tuple(view.columns),
        shared=view.shared,
        own=own,
        may_change=own or actor.may(AREAS[ListPage(view.page)], Level.ACT),
        owner="" if own else owner,
    )


def _changeable(session: Session, key: str, actor: Actor) -> SavedView:
    """The view, locked; raises `NotFound` for one that the actor cannot see, and `NotAllowed` for one they only see."""
    view = views.locked(session, int(key)) if key.isascii() and key.isdigit() and len(key) < 19 else None
    own = view is not None and view.owner_id == _user_id(actor)
    if view is None or not (own or view.shared):
        raise NotFound("There is no such view any more. Somebody may have deleted it.")
    actor.require(AREAS[ListPage(view.page)], Level.VIEW if own else Level.ACT, "change shared views")
    return view


def _fill(view: SavedView, q: str, sort: str, columns: tuple[str, ...]) -> None:
    if len(sort) > 20 or not SORT_LETTERS.issuperset(sort):
        raise InvalidInput([f"A list cannot be put in order by {sort[:40]!r}."])
    view.query = str(search.parse(q))
    view.sort = sort
    view.columns = list(COLUMNS[ListPage(view.page)].chosen(columns)) if columns else []


def _free_name(session: Session, page: ListPage, user_id: int, text: str) -> str:
    name = view_name(text)
    if views.named(session, page, user_id, name) is not None:
        raise InvalidInput([f"There is a view “{name}” already. Choose another name."])
    return name


def _user_id(actor: Actor) -> int | None:
    kind, _, number = actor.id.partition(":")
    return int(number) if kind == "user" else None


def _person(actor: Actor) -> int:
    user_id = _user_id(actor)
    if user_id is None:
        raise NotPossible("Views belong to people; an API token sends its search each time.")
    return user_id


def _audit(session: Session, action: str, view: SavedView, actor: Actor) -> None:
    details = {"view": view.id, "page": view.page, "name": view.name, "query": view.query}
    audit.write_down(session, action, actor=actor, details=details)
