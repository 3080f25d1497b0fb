"""`holdfast up`: the whole product on one machine, from nothing to an address, and back to nothing on Ctrl-C."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend import settings
from backend.domain.demo import SIGN_INS
from backend.domain.errors import ConfigurationError
from backend.domain.permissions import ROLE_NAMES
from backend.installation import environment, guard, keys
from backend.installation.addresses import PortTaken, is_free
from backend.installation.home import Home
from backend.installation.practice import Practice
from backend.installation.processes import Child, last_lines, python
from backend.installation.product import ROOT, Product, StartFailed, run_visibly
from backend.installation.report import Report
from backend.installation.stopping import Stopped, StopRequest, stop_requests
from backend.store import migrate

_TRICKLE_PER_MINUTE = 2.0
_TRIES = 5


def up(report: Report, *, demo: bool, sandbox: bool) -> None:
    """Run the product until a stop is asked for. Raises `HoldfastError` when it cannot be started."""
    given = settings.current()
    home = Home.at(given.home)
    with home.alone(), environment.database_is_ours(home), stop_requests() as stop:
        guard.end_leftovers(home)
        if not is_free(given.host, given.port):
            raise PortTaken(given.host, given.port)
        product = Product(home, report, stop)
        try:
            product.start_guard()
            _start(product, home, report, stop, demo=demo, sandbox=sandbox)
            product.watch()
        except Stopped:
            pass
        finally:
            report.say("Stopping …")
            product.stop_all()
        report.done("Everything has stopped")


def _start(product: Product, home: Home, report: Report, stop: StopRequest, *, demo: bool, sandbox: bool) -> None:
    if demo:
        environment.extend({"HOLDFAST_DEMO": "1"})
    with _bundle(home, report, stop) as finish_bundle:
        _prepare_database(product, home, report)
        practice = _start_sandbox(product, home, report, demo=demo) if sandbox else None
        if demo:
            _load_demo(product, report, stop)
        finish_bundle()
    current = settings.current()
    with report.doing("Starting workers and dashboard …", "Workers and dashboard"):
        web = product.add("web", "dashboard.serve", {})
        for number in range(1, current.worker_processes + 1):
            product.add(f"worker-{number}", "jobs.consumer", {})
        product.tell(url=current.origin)
        product.wait_for_web(web, current)
    _say_where(report, current.origin, practice, demo=demo)


def _start_sandbox(product: Product, home: Home, report: Report, *, demo: bool) -> Practice:
    """Start the sandbox and point at it what nobody has configured. Another one may take a port before ours does."""
    given = settings.current()
    for _ in range(_TRIES):
        practice = Practice.of(home, not_these=frozenset({given.port}))
        trickle = _TRICKLE_PER_MINUTE if demo else 0.0
        child = product.add("sandbox", "backend.sandbox", practice.own_environment(given, orders_per_minute=trickle))
        if product.comes_up(child, practice.port):
            environment.extend(practice.settings_for_holdfast(given))
            _open_lab(practice, report)
            product.tell(sandbox=practice.url, sandbox_port=practice.port, smtp_port=practice.smtp_port)
            return practice
        product.remove(child)
    raise StartFailed("The sandbox", home.log_of("sandbox"))


def _open_lab(practice: Practice, report: Report) -> None:
    """Let QA move the clock from the sandbox's page, unless anything looks like a real shop."""
    environment.extend(practice.lab_settings())
    try:
        settings.current()
    except ConfigurationError as error:
        environment.extend({name: "" for name in practice.lab_settings()})
        report.warn(f"The failure lab's clock stays off: {error.sentence}")


def _prepare_database(product: Product, home: Home, report: Report) -> None:
    given = settings.current()
    if not given.database_url.get_secret_value():
        keys.kept_or_made(home)
        with report.doing("Starting the database …", "Database"):
            url = product.start_database()
        environment.extend(environment.embedded_settings(home, url))
    with report.doing("Bringing the tables up to date …", "Tables"):
        migrate.upgrade(settings.current().database_url.get_secret_value())


@contextmanager
def _bundle(home: Home, report: Report, stop: StopRequest) -> Iterator[Callable[[], None]]:
    """Build the dashboard's bundle beside other work; the block calls what it is given to wait for the end of it."""
    child = Child("build", python("dashboard.build"), home.log_of("build"), environment.for_child({}), ROOT)
    child.log.unlink(missing_ok=True)
    child.start()

    def finish() -> None:
        what = "Building the dashboard (about a minute, only after a change) …"
        with report.doing(what, "Dashboard bundle"):
            while child.exit_code() is None:
                report.detail(what, last_lines(child.log, 1))
                if stop.wait(0.1):
                    raise Stopped
        if child.exit_code() != 0:
            raise StartFailed("The dashboard's build", child.log)

    try:
        yield finish
    finally:
        child.stop(5)


def _load_demo(product: Product, report: Report, stop: StopRequest) -> None:
    """The demo data, unless it is there already; then only the sandbox is reminded of it, beside other work."""
    if product.shop_is_empty():
        report.say("Loading demo data …")
        run_visibly([*python("backend.cli"), "demo", "--if-empty"], "The demo data was not loaded.", stop)
        report.done("Demo data")
    else:
        product.run_once("demo", [*python("backend.cli"), "demo", "--if-empty"])


def _say_where(report: Report, url: str, practice: Practice | None, *, demo: bool) -> None:
    report.say()
    report.address("Holdfast", url)
    if practice is not None:
        report.address("Sandbox", practice.url)
        report.address("Its mails", practice.mails)
        report.address("Failure lab", practice.lab)
    if demo:
        report.say("\nSign in as")
        for person in SIGN_INS:
            report.say(f"  {ROLE_NAMES[person.role]:<18} {person.email:<18} {person.password}")
    report.say()
    report.say("Stop with Ctrl-C.")
