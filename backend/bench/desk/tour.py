"""The clicks of a morning at the desk, each many times over."""

from collections import defaultdict
from collections.abc import Callable

from backend.bench.desk.browser import Tab, Watch
from backend.bench.desk.result import EMPTY
from backend.bench.desk.shop import Known
from backend.bench.desk.wish import TIMES_EMPTY, Sample

HELD_ROW = '[data-testid="held-row"]'
HELD_LINK = f'{HELD_ROW} [data-testid^="held-row-"]'
ORDER_ROW = '[data-testid="order-row"]'
ORDER_LINK = f"{ORDER_ROW} [data-row]"
ECHO = '[data-testid="echo"]'
POSITION = '[data-testid="page"]'
NEXT = 'a[data-testid="next"]'
FIND = '[data-testid="find"]'
PART = '[data-testid="search-part"]'
ORDER_NUMBER = '[data-testid="order-number"]'
CONFIRM = '[data-testid="confirm"]'
ACTIONS = ", ".join(f'[data-testid="{name}"]' for name in ("retry", "release", "ask"))

PANE = '[data-testid="pane"]'

OPEN_HELD, NEXT_PAGE, NEXT_ROW, ORDER = "open /held", "next page", "j / k", "open an order"
BESIDE = "j / k, until the order is there beside the list"
BY_NUMBER, BY_NAME, BY_EMAIL = "search by partial number", "search by name", "search by e-mail"
ACKNOWLEDGED = "a click acknowledged"
BOUND = (NEXT_PAGE, BY_NUMBER, BY_NAME, BY_EMAIL, ORDER)
"""What may take so many times an empty click at most."""

Doing = Callable[[str], None]


def take(tab: Tab, rounds: int, known: Known, doing: Doing) -> list[Sample]:
    """Every click `rounds` times; the first round only warms up."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for turn in range(rounds + 1):
        doing(f"round {turn} of {rounds} in the browser")
        for name, took in _round(tab, turn, known):
            if turn:
                found[name].append(took)
    order = (EMPTY, OPEN_HELD, NEXT_PAGE, NEXT_ROW, BESIDE, BY_NUMBER, BY_NAME, BY_EMAIL, ORDER, ACKNOWLEDGED)
    return [
        Sample(name, tuple(found[name]), TIMES_EMPTY if name in BOUND else None) for name in order if found.get(name)
    ]


def _round(tab: Tab, turn: int, known: Known) -> list[tuple[str, float]]:
    """One of each; an empty click stands between any two, so both meet the same machine."""
    times: list[tuple[str, float]] = []

    def note(name: str, took: float) -> None:
        times.extend([(name, took), (EMPTY, tab.click(ECHO, Watch(ECHO, "data-heard")))])

    if not turn:
        tab.open("/orders", ORDER_ROW)
    # The page shows what it showed last until it has read anew; its rows are those of the front then.
    front = Watch(POSITION, begins="1–") if known.pages else Watch(HELD_LINK, "data-testid")
    note(OPEN_HELD, tab.click('[data-testid="nav-held"]', front))
    if tab.count(HELD_ROW) > 2:
        tab.focus(HELD_LINK)
        _let_pane_follow(tab)
        for key in ("j", "j", "k"):
            note(NEXT_ROW, tab.key(key, Watch(":focus", "data-testid")))
        _let_pane_follow(tab)
        note(BESIDE, tab.key("j", Watch(PANE, "data-number")))
        _let_pane_follow(tab)
    if tab.is_there(NEXT):
        note(NEXT_PAGE, tab.click(NEXT, Watch(HELD_LINK, "data-testid")))
        tab.settle()
    note(BY_NUMBER, tab.submit(FIND, known.number(turn), Watch(PART)))
    tab.settle()
    note(BY_NAME, tab.submit(FIND, known.name(turn), Watch(PART)))
    tab.settle()
    note(BY_EMAIL, tab.submit(FIND, known.email(turn), Watch(PART)))
    tab.settle()
    note(ORDER, tab.click(ORDER_LINK, Watch(ORDER_NUMBER)))
    tab.open(f"/orders/{known.held(turn)}", ACTIONS)
    note(ACKNOWLEDGED, tab.click(ACTIONS, Watch(CONFIRM, "data-open", equals="true")))
    tab.click(f"{CONFIRM} [data-dismiss]", Watch(CONFIRM, "data-open", equals="false"))
    tab.open("/orders", ORDER_ROW)
    return times


def _let_pane_follow(tab: Tab) -> None:
    """Until the order beside the list is that of the row in focus."""
    number = tab.attribute(":focus", "data-row")
    if number:
        tab.wait_for(f'{PANE}[data-number="{number}"]')
    tab.settle()
