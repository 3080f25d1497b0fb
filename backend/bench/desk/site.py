"""A shop with demo data and its dashboard, apart from any other installation: database, orders, one web process."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from backend import settings, wiring
from backend.bench.desk.wish import Wish
from backend.bench.site import Invalid
from backend.clock import monotonic
from backend.demo import command as demo
from backend.demo.loader import DemoData
from backend.domain.demo import SIGN_INS
from backend.domain.permissions import Role
from backend.installation import environment, keys
from backend.installation.home import Home
from backend.installation.processes import Child, last_lines, python
from backend.installation.product import ROOT
from backend.store import db, migrate
from backend.store.embedded import EmbeddedPostgres

_SESSION = "holdfast_session"
Doing = Callable[[str], None]


@dataclass
class Site:
    """The running shop. `cookie` is a session of customer service."""

    url: str
    database_url: str
    cookie: str
    web: Child
    loaded: str

    def web_cpu(self) -> float:
        """CPU seconds of the web process and its children since they were started."""
        family = psutil.Process(self.web.pid)
        return sum(_cpu(process) for process in (family, *family.children(recursive=True)))


@contextmanager
def running(wish: Wish, doing: Doing) -> Iterator[Site]:
    """A shop for one measurement. Where `wish.keep` names a folder it stays there for the next one."""
    folder = wish.keep or Path(tempfile.mkdtemp(prefix="holdfast-desk-"))
    folder.mkdir(parents=True, exist_ok=True)
    kept = keys.kept_or_made(Home.at(folder))
    postgres = EmbeddedPostgres(folder / "postgres")
    web: Child | None = None
    try:
        url = postgres.start()
        port = _free_port()
        environment.only(_settings(folder, url, port, kept))
        migrate.upgrade(url)
        wiring.start("bench")
        loaded = _load(wish, doing)
        doing("building the dashboard")
        _build(folder)
        doing("starting the dashboard")
        web = Child("web", python("dashboard.serve"), folder / "web.log", environment.for_child({}), ROOT)
        web.start()
        address = settings.current().origin
        _wait_for(web, address)
        yield Site(address, url, _sign_in(address), web, loaded)
    finally:
        if web is not None:
            web.stop(10)
        db.dispose()
        postgres.stop()
        if wish.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _load(wish: Wish, doing: Doing) -> str:
    """Demo orders, unless this folder has them; says how long that took."""
    data, began = DemoData(settings.current()), monotonic()
    begun, _ = data.state()
    if begun is None or not begun.complete:
        wanted = demo.wish_of(settings.current(), orders=wish.orders, days=400, seed=1, held=wish.held)
        data.load(wanted, lambda done, of: doing(f"{done:,} of {of:,} orders"), lambda what: doing(what))
        took = monotonic() - began
        return f"{wish.orders:,} orders loaded in {took:.0f} s ({wish.orders / took:,.0f} orders/s)"
    if begun.wish.orders != wish.orders:
        raise Invalid(f"{wish.keep} holds {begun.wish.orders:,} orders, not {wish.orders:,}. Choose another folder.")
    return f"{wish.orders:,} orders were there already"


def _build(folder: Path) -> None:
    build = Child("build", python("dashboard.build"), folder / "build.log", environment.for_child({}), ROOT)
    build.start()
    deadline = monotonic() + 900
    while build.exit_code() is None and monotonic() < deadline:
        psutil.wait_procs([psutil.Process(build.pid)], timeout=0.2)
    if build.exit_code() != 0:
        build.stop(5)
        raise Invalid(f"The dashboard could not be built. {last_lines(build.log)}")


def _wait_for(web: Child, address: str) -> None:
    deadline = monotonic() + 60
    while monotonic() < deadline:
        if web.exit_code() is not None:
            break
        try:
            if httpx.get(f"{address}/health/live", timeout=1, trust_env=False).is_success:
                return
        except httpx.TransportError:
            psutil.wait_procs([psutil.Process(web.pid)], timeout=0.1)
    raise Invalid(f"The dashboard did not start. {last_lines(web.log)}")


def _sign_in(address: str) -> str:
    """The session cookie of the demo's customer service."""
    known = next(person for person in SIGN_INS if person.role is Role.CUSTOMER_SERVICE)
    with httpx.Client(base_url=address, trust_env=False) as client:
        form = {"email": known.email, "password": known.password}
        client.post("/sign-in", data=form, headers={"Origin": address})
        cookie = client.cookies.get(_SESSION)
    if not cookie:
        raise Invalid("Nobody could sign in at the dashboard.")
    return cookie


def _settings(folder: Path, url: str, port: int, kept: keys.Keys) -> dict[str, str]:
    return {
        "HOLDFAST_HOME": str(folder),
        "HOLDFAST_DATABASE_URL": url,
        "HOLDFAST_ENCRYPTION_KEYS": kept.encryption_keys,
        "HOLDFAST_INDEX_KEY": kept.index_key,
        "HOLDFAST_PORT": str(port),
        "HOLDFAST_DEMO": "1",
        "HOLDFAST_LOG_LEVEL": "warning",
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
