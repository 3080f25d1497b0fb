"""`holdfast demo`: who may load demo data, and how much of it, with a bar that shows how far it is."""

from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from backend import clock
from backend.demo import introduce, teamwork
from backend.demo.loader import DemoData
from backend.demo.marker import Marker
from backend.demo.plan import Wish, usual_held
from backend.domain.demo import SIGN_INS
from backend.domain.errors import InvalidInput, NotPossible
from backend.domain.permissions import ROLE_NAMES
from backend.settings import Settings
from backend.store import db, personal
from backend.store.personal import Keyring

MOST_ORDERS = 5_000_000
NOT_A_DEMO = (
    "Demo data brings made-up orders and sign-ins that everybody knows. Set HOLDFAST_DEMO=1, or repeat the command with "
    "--yes-this-is-not-a-real-shop."
)


def wish_of(config: Settings, *, orders: int, days: int, seed: int, held: int | None) -> Wish:
    """What was asked for, checked. Raises `InvalidInput`."""
    wanted = usual_held(orders) if held is None else held
    wrong = []
    if not 1 <= orders <= MOST_ORDERS:
        wrong.append(f"--orders must be between 1 and {MOST_ORDERS:,}.")
    if not 1 <= days <= 3_650:
        wrong.append("--days must be between 1 and 3650.")
    if not 0 <= wanted <= orders // 4:
        wrong.append("--held must be between 0 and a quarter of the orders.")
    if wrong:
        raise InvalidInput(wrong)
    return Wish(orders, days, seed, wanted, _to_the_second(clock.now()), config.time_zone)


def run(config: Settings, wish: Wish, *, sure: bool, if_empty: bool, console: Console) -> None:
    """Load the demo into the configured database. Raises `NotPossible` where that must not or need not be done."""
    if not (config.demo or sure):
        raise NotPossible(NOT_A_DEMO)
    personal.configure(Keyring.parse(config.encryption_keys.get_secret_value(), config.index_key.get_secret_value()))
    data = DemoData(config)
    begun, any_orders = data.state()
    try:
        if not (if_empty and (begun.complete if begun else any_orders)):
            _load(data, wish, begun, console)
        if begun or not any_orders:
            teamwork.add()
            introduce.to_sandbox(config)
    finally:
        db.dispose()


def _load(data: DemoData, wish: Wish, begun: Marker | None, console: Console) -> None:
    if begun and not begun.complete:
        console.print(f"Going on with the demo data that was begun ({begun.wish.orders:,} orders).")
    began = clock.monotonic()
    with _bar(console) as bar:
        task = bar.add_task("Demo orders", total=wish.orders, rate="")

        def progress(done: int, of: int) -> None:
            rate = f"{done / max(clock.monotonic() - began, 0.001):,.0f}/s"
            bar.update(task, completed=done, total=of, rate=rate)

        loaded = data.load(wish, progress, lambda what: bar.update(task, description=f"Demo orders: {what}"))
    took = clock.monotonic() - began
    rate = f"{loaded.orders / max(took, 0.001):,.0f} orders/s"
    console.print(
        f"{loaded.wish.orders:,} demo orders of {loaded.wish.days} days are loaded, in {took:.0f} s ({rate})."
    )


def sign_ins() -> list[tuple[str, str, str]]:
    """Role, address and password of every demo sign-in, for people to read."""
    return [(ROLE_NAMES[known.role], known.email, known.password) for known in SIGN_INS]


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _to_the_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
