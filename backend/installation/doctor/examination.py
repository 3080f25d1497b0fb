"""All checks in order, for an installation in whatever state it is."""

from contextlib import ExitStack

from backend import settings
from backend.domain.errors import ConfigurationError, HoldfastError
from backend.installation import environment, guard
from backend.installation.doctor.database import check_database
from backend.installation.doctor.finding import Finding, note, ok, problem
from backend.installation.doctor.machine import check_machine
from backend.installation.doctor.providers import check_outside
from backend.installation.home import Home
from backend.installation.practice import Practice
from backend.installation.processes import find


def examine() -> list[Finding]:
    """What every check found; a wrong setting ends the examination, because everything else rests on settings."""
    try:
        given = settings.load()
    except ConfigurationError as error:
        return [
            problem("settings", line, "Correct it and run `holdfast doctor` again.") for line in str(error).split("\n")
        ]
    findings = [ok("settings", "Every setting has an allowed value."), *check_machine(given)]
    home = Home(given.home.absolute())
    record = guard.read_record(home)
    runs = find(record.get("up", {})) is not None
    if runs and "sandbox_port" in record:
        practice = Practice.at(home, record["sandbox_port"], record["smtp_port"])
        environment.extend(practice.settings_for_holdfast(given))
    return [*findings, *_with_database(home, runs=runs), *check_outside(settings.current())]


def _with_database(home: Home, *, runs: bool) -> list[Finding]:
    own = settings.current().database_url.get_secret_value()
    if not own and not (home.postgres / "data").exists():
        return [note("database", "There is no database yet.", "`holdfast up` makes it.")]
    with ExitStack() as stack:
        try:
            current = stack.enter_context(environment.database())
        except HoldfastError as error:
            return [problem("database", str(error), "Look into the log it names.")]
        return check_database(current, product_runs=runs)
