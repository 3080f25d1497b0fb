"""From a search to the part of a statement that finds its orders, such that an index answers whatever names few of them.

Words and whatever names a person, a parcel or a payment are needles, looked up within the page's own statement, each way
by its own index, up to `MOST_CANDIDATES` orders. The few candidates are then held against the rest of the search. Where a
needle turns out to name more than that, the statement finds nothing and says so, and the next one takes it as a condition:
the list is read in its own order then, and a page is full soon, because so many fit.

Two words may be first and last name of one customer. So the customers who have all the words in their names are looked up
together, and beside them whatever each word names in another way: who meets every word is among them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Integer, any_, bindparam, column, func, literal_column, not_, or_, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, and_, col, select

from backend.domain.search import Query
from backend.store import order_needles
from backend.store.order_conditions import Asking as Asking
from backend.store.order_conditions import Condition, condition
from backend.store.order_needles import FEWEST_PHONE_DIGITS, Needle
from backend.store.tables import Customer, Order

MOST_CANDIDATES = 5_000
MOST_CUSTOMERS = 3_000
"""Of one name, whose orders are looked up: each costs a look at a place of its own."""
_NAMES = -1
"""Stands for the needles' names, looked up together."""


@dataclass(frozen=True)
class Wide:
    """One way of one needle; it names too many orders."""

    needle: int
    way: int


@dataclass(frozen=True)
class Search:
    """What an order must meet. `wide` are the ways that are known to name too many."""

    needles: tuple[Needle, ...] = ()
    conditions: tuple[Condition, ...] = ()
    wide: frozenset[Wide] = frozenset()

    def widened(self, ways: Iterable[tuple[int, int]]) -> "Search":
        """The same, knowing that these ways are too wide; in numbers as `told_wide` gives them."""
        return replace(self, wide=self.wide | {Wide(*way) for way in ways})

    @cached_property
    def told_wide(self) -> Any:
        """A scalar for the statement: which ways named too many orders, as [[needle, way]]; null where none did."""
        return self._wide_ways

    @cached_property
    def narrow(self) -> bool:
        """Whether candidates are looked up, rather than the list read in its order."""
        return self._alone is not None or bool(self._by_name)

    @property
    def is_short(self) -> bool:
        """Whether it takes no time, whatever there is: one look at an index, for a list in its order or for few orders."""
        alone = self._alone is not None and len(self.needles) == 1
        return not self.conditions and (not self.needles or alone)

    @property
    def varies(self) -> bool:
        """Whether the best way to read the list depends on the words: nothing else narrows it down."""
        return not self.narrow and bool(self.needles or self.conditions)

    @cached_property
    def looks_up(self) -> bool:
        """Whether anything is looked up at all, so that it may turn out to be too wide."""
        return bool(self._lookups)

    def met(self) -> list[Condition]:
        """What an order must meet, its candidates among it; to be used in one statement with `told_wide`."""
        found: list[Condition] = [self._none_too_wide()] if self.looks_up else []
        names: Condition | None = None
        if self._alone is not None:
            found.append(_among(self._ids(self._alone)))
        elif self._by_name:
            found.append(_among(self._ids(*self._by_name, _NAMES)))
            each = and_(*[self._meets(place) for place in self._by_name])
            names = or_(self._is_found(_NAMES), each) if len(self._by_name) > 1 else None
        done = {self._alone} if self._alone is not None else set(self._by_name)
        rest = [self._meets(place) for place in range(len(self.needles)) if place not in done]
        return [*found, *([names] if names is not None else []), *rest, *self.conditions]

    # how the needles are looked up

    @cached_property
    def _alone(self) -> int | None:
        """A needle that is no name and names few orders: nothing else needs to be looked at."""
        places = (place for place, each in enumerate(self.needles) if not each.tokens and self._few(place))
        return next(places, None)

    @cached_property
    def _by_name(self) -> tuple[int, ...]:
        """The needles that may be names and name few orders in any other way."""
        if Wide(_NAMES, 0) in self.wide:
            return ()
        return tuple(place for place, each in enumerate(self.needles) if each.tokens and self._few(place))

    def _few(self, place: int) -> bool:
        return not any(self._is_wide(place, way) for way in range(len(self.needles[place].ways)))

    def _is_wide(self, place: int, way: int) -> bool:
        return self.needles[place].ways[way].wide or Wide(place, way) in self.wide

    @cached_property
    def _lookups(self) -> list[Any]:
        """Statements for (needle, way, id) of every way that is not too wide."""
        found, words = [], []
        for place, needle in enumerate(self.needles):
            for number, way in enumerate(needle.ways):
                if not self._is_wide(place, number):
                    words += [(place, number, way.kind, word) for word in way.words]
                    found += [_limited(place, number, way.ids)] if way.ids is not None else []
        if words:
            found.append(_by_words(words))
        return [*found, _limited(_NAMES, 0, self._theirs)] if self._people is not None else found

    @cached_property
    def _people(self) -> Any:
        """The customers who have all the names; None where names are not looked up."""
        if self._alone is not None or not self._by_name:
            return None
        tokens = dict.fromkeys(token for place in self._by_name for token in self.needles[place].tokens)
        # On its own: planned together with its limit, a large part of all customers might be read in the hope of a few.
        named: Any = select(col(Customer.id).label("id")).where(order_needles.has_tokens(tuple(tokens)))
        everybody = named.cte("named").prefix_with("MATERIALIZED")
        return select(everybody.c.id).limit(_number(MOST_CUSTOMERS + 1)).cte("people").prefix_with("MATERIALIZED")

    @cached_property
    def _theirs(self) -> Any:
        ids = select(self._people.c.id).scalar_subquery()
        named = col(Order.customer_id) == any_(func.array(ids, type_=ARRAY(Customer.id.type)))  # type: ignore[attr-defined]
        return select(col(Order.id).label("id")).where(named, self._people_count() <= MOST_CUSTOMERS)

    def _people_count(self) -> Any:
        return select(func.count()).select_from(self._people).scalar_subquery()

    @cached_property
    def _found(self) -> Any:
        return union_all(*self._lookups).cte("found").prefix_with("MATERIALIZED")

    @cached_property
    def _wide_ways(self) -> Any:
        found = self._found
        pair = func.jsonb_build_array(found.c.needle, found.c.way)
        many: Any = (
            select(pair.label("way")).group_by(found.c.needle, found.c.way).having(func.count() > MOST_CANDIDATES)
        )
        if self._people is not None:
            names = select(func.jsonb_build_array(_number(_NAMES), _number(0)))
            many = union_all(many, names.where(self._people_count() > MOST_CUSTOMERS))
        ways = many.cte("wide").prefix_with("MATERIALIZED")
        return select(func.jsonb_agg(ways.c[0])).scalar_subquery()

    def _none_too_wide(self) -> Condition:
        met: Condition = self._wide_ways.is_(None)
        return met

    def _ids(self, *places: int) -> Any:
        found = self._found
        return select(found.c.id).where(found.c.needle.in_([_number(place) for place in places]))

    def _is_found(self, place: int) -> Condition:
        return col(Order.id).in_(self._ids(place))

    def _meets(self, place: int) -> Condition:
        """The needle as a condition: by what was looked up, and by whatever names too many for that."""
        needle = self.needles[place]
        ways = [self._is_wide(place, number) for number in range(len(needle.ways))]
        met = [way.condition for way, wide in zip(needle.ways, ways, strict=True) if wide]
        met += [self._is_found(place)] if not all(ways) else []
        met += [order_needles.named(needle.tokens)] if needle.tokens else []
        return or_(*met)


def _by_words(words: list[tuple[int, int, int, str]]) -> Any:
    """The orders of (needle, way, kind of word, word)."""
    needles, ways, kinds, texts = (list(part) for part in zip(*words, strict=True))
    statement = text(order_needles.by_words(kinds, MOST_CANDIDATES + 1))
    given = statement.bindparams(needles=needles, ways=ways, kinds=kinds, words=texts)
    shape = (column("needle", Integer), column("way", Integer), column("id", BigInteger))
    named = given.columns(*shape).subquery("named_by_words")
    return select(named.c.needle, named.c.way, named.c.id)


def _limited(needle: int, way: int, ids: Any) -> Any:
    some = ids.limit(_number(MOST_CANDIDATES + 1)).subquery()
    return select(_number(needle).label("needle"), _number(way).label("way"), some.c.id)


def _number(value: int) -> Any:
    return literal_column(str(value))


def _among(ids: Any) -> Condition:
    """Gathered first, so that they are looked at one by one whatever the statement is planned for."""
    return col(Order.id) == any_(func.array(ids.scalar_subquery(), type_=ARRAY(BigInteger)))


def read(session: Session, query: Query, asking: Asking) -> Search:
    """What the query means in this database, at this moment, for whoever asks."""
    needles = [order_needles.needle_of(session, text, MOST_CANDIDATES) for text in words_of(query.words)]
    conditions: list[Condition] = []
    for term in query.terms:
        if term.operator in order_needles.NAMING:
            needle = order_needles.NAMING[term.operator](session, str(term.value), MOST_CANDIDATES)
            if term.negated:
                conditions.append(not_(needle.condition))
            else:
                needles.append(needle)
        else:
            met = condition(session, term, asking)
            conditions.append(not_(met) if term.negated else met)
    if any(not needle.ways and not needle.tokens for needle in needles):
        return Search(conditions=(literal_column("false"),))
    return Search(tuple(needles), tuple(conditions))


def words_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """What is looked for as a whole: each word, or all of them where they make one number printed in groups."""
    whole = " ".join(words)
    digits = sum(letter.isdigit() for letter in whole)
    grouped = len(words) > 1 and all(letter.isdigit() or letter in " +-()/." for letter in whole)
    return (whole,) if grouped and digits >= FEWEST_PHONE_DIGITS else words


def narrowed(search: Search, ask: Callable[[Search], tuple[Any, list[Any]]]) -> list[Any]:
    """What `ask` finds, asked anew for as long as a way turns out to be too wide; it gives `told_wide` and what it found."""
    while True:
        wide, found = ask(search)
        if not wide:
            return found
        search = search.widened((int(needle), int(way)) for needle, way in wide)


@dataclass
class Matching:
    """What an order must meet. `candidates`: none but these ids can; None where nothing narrowed the search down."""

    conditions: list[Condition]
    candidates: set[int] | None = None


def matching(session: Session, query: Query, asking: Asking) -> Matching:
    """What the query means, with its candidates looked up: for those who search among few orders of their own."""
    search = read(session, query, asking)
    while True:
        if not search.looks_up:
            return Matching(search.met())
        ids = select(col(Order.id)).where(*search.met()) if search.narrow else select(col(Order.id)).where(_never())
        wide, found = session.execute(select(search.told_wide, func.array(ids.scalar_subquery()))).one()
        if not wide:
            return Matching([], set(found)) if search.narrow else Matching(search.met())
        search = search.widened((int(needle), int(way)) for needle, way in wide)


def _never() -> Condition:
    return literal_column("false")


def among(ids: Iterable[int]) -> Condition:
    return col(Order.id) == any_(bindparam(None, list(ids), type_=ARRAY(BigInteger)))
