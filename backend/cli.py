"""`holdfast …`: everything that is done to an installation from a terminal.

Exit codes: 0 done, 1 failed, 2 wrong use. An expected failure is one sentence on standard error, never a traceback.
"""

import json
import os
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import OperationalError

from backend import clock, settings, wiring
from backend.bench.command import bench
from backend.demo import command as demo_data
from backend.domain.errors import ConfigurationError, HoldfastError, InvalidInput, NotPossible
from backend.domain.money import display
from backend.domain.permissions import SYSTEM, Role
from backend.domain.reconciliation import Movement
from backend.installation import environment, keys
from backend.installation import up as product
from backend.installation.doctor.examination import examine
from backend.installation.doctor.finding import Finding, Verdict
from backend.installation.home import Home
from backend.installation.practice import Practice
from backend.installation.processes import python
from backend.installation.product import ROOT
from backend.installation.report import Report
from backend.services import accounts, imports, inbox, reconciliation, sending
from backend.services.balance_check import reconcile_balances
from backend.services.run import in_unit_of_work
from backend.store import db, migrate

FAILED, WRONG_USE = 1, 2
_MARKS = {
    Verdict.OK: "[green]✓[/]",
    Verdict.NOTE: "[dim]·[/]",
    Verdict.WARNING: "[yellow]![/]",
    Verdict.PROBLEM: "[red]✗[/]",
}

cli = typer.Typer(
    name="holdfast",
    help="The back office of an online shop: runs it, sets it up, and says what is wrong with it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
users = typer.Typer(help="The colleagues who may sign in.", no_args_is_help=True)
sendings = typer.Typer(help="The pause of everything that is sent, after a restored backup.", no_args_is_help=True)
tokens = typer.Typer(help="Bearer tokens for the HTTP API.", no_args_is_help=True)
cli.add_typer(users, name="user")
cli.add_typer(tokens, name="token")
cli.add_typer(bench, name="bench")
cli.add_typer(sendings, name="sending")

RoleOption = Annotated[Role, typer.Option(help="What the holder may do.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]


@cli.command()
def up(
    demo: Annotated[bool, typer.Option(help="Load demo data and sign-ins, and let demo orders come in.")] = False,
    sandbox: Annotated[bool, typer.Option(help="Play every provider that is not configured.")] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of dashboard and HTTP API.")] = None,
) -> None:
    """Run everything on this machine until Ctrl-C: database, workers, dashboard, HTTP API."""
    if port is not None:
        environment.extend({"HOLDFAST_PORT": str(port)})
    product.up(Report(Console(highlight=False)), demo=demo, sandbox=sandbox)


@cli.command()
def web() -> None:
    """Run the web process alone: dashboard and HTTP API."""
    environment.use_running_database()
    _become("dashboard.serve")


@cli.command()
def worker() -> None:
    """Run one worker process alone; start as many as you like, on any machine that reaches the database."""
    environment.use_running_database()
    _become("jobs.consumer")


@cli.command()
def sandbox(
    orders_per_minute: Annotated[float, typer.Option(min=0, help="How many orders customers place by themselves.")] = 0,
) -> None:
    """Run the sandbox alone, and print the settings that point Holdfast at it."""
    given = settings.current()
    practice = Practice.of(Home.at(given.home))
    for name, value in practice.settings_for_holdfast(given).items():
        typer.echo(f"{name}={value}")
    for name, value in practice.lab_settings().items():
        typer.echo(f"{name}={value}")
    typer.echo(f"# sandbox at {practice.url}, its mails at {practice.mails}", err=True)
    environment.extend(practice.own_environment(given, orders_per_minute=orders_per_minute))
    _become("backend.sandbox")


@cli.command()
def demo(
    orders: Annotated[int, typer.Option(help="How many orders to make.")] = 1_500,
    days: Annotated[int, typer.Option(help="How many days back history begins.")] = 400,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shop.")] = 1,
    held: Annotated[
        int | None,
        typer.Option(help="How many orders wait held; some fifty, or one in a hundred of many, unless told."),
    ] = None,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where there are orders already.")] = False,
    sure: Annotated[bool, typer.Option("--yes-this-is-not-a-real-shop", help="Needed outside of demo mode.")] = False,
) -> None:
    """Load believable history of a shop: orders in every state, held ones, documents, sign-ins."""
    with environment.database() as current:
        _use(current)
        wish = demo_data.wish_of(current, orders=orders, days=days, seed=seed, held=held)
        demo_data.run(current, wish, sure=sure, if_empty=if_empty, console=Console(highlight=False))


@cli.command(name="migrate")
def migrate_command() -> None:
    """Bring the database's tables to what this version needs."""
    with environment.database() as current:
        migrate.upgrade(current.database_url.get_secret_value())
    typer.echo("The tables are up to date.")


@users.command(name="add")
def user_add(
    email: Annotated[str, typer.Option(help="The address to sign in with.")],
    role: RoleOption,
    name: Annotated[str, typer.Option(help="The name that others see.")] = "",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Add a colleague; the password is asked for, or read from standard input."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask_password()
    with environment.database() as current:
        _use(current)
        in_unit_of_work(accounts.add_user, email=email, name=name, role=role, password=password, actor=SYSTEM)
        db.dispose()
    typer.echo(f"{email} may sign in now.")


@tokens.command(name="create")
def token_create(
    role: RoleOption,
    name: Annotated[str, typer.Option(help="What the token is for; shown in the audit.")] = "",
    owner: Annotated[
        str, typer.Option("--for", help="E-mail of the colleague whose token it is: it ends with them, and is them.")
    ] = "",
) -> None:
    """Make a token and print it: the token and nothing else. It is shown this once."""
    with environment.database() as current:
        _use(current)
        token = in_unit_of_work(accounts.create_token, role=role, name=name, owner=owner, actor=SYSTEM)
        db.dispose()
    typer.echo(token)


@cli.command(name="keys")
def keys_command(as_json: JsonOption = False) -> None:
    """Print fresh keys for personal data, for an installation with a database of its own. Keep them safe."""
    fresh = keys.fresh()
    values = {"HOLDFAST_ENCRYPTION_KEYS": fresh.encryption_keys, "HOLDFAST_INDEX_KEY": fresh.index_key}
    if as_json:
        typer.echo(json.dumps(values))
    else:
        typer.echo("\n".join(f"{name}={value}" for name, value in values.items()))


@cli.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say in words what is wrong with this installation and what to do about it. Exit code 1 when something is."""
    findings = examine()
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        _show(findings)
    if any(finding.verdict is Verdict.PROBLEM for finding in findings):
        raise typer.Exit(FAILED)


@cli.command()
def restored(
    reason: Annotated[str, typer.Option(help="Which backup, and why; for the audit.")],
    skip_orders: Annotated[
        int, typer.Option(min=0, help="Order numbers left out: more than came in on one day of the lost time.")
    ] = sending.SKIPPED_ORDER_NUMBERS,
    skip_documents: Annotated[
        int, typer.Option(min=0, help="Invoice numbers left out: more than were issued in the lost time.")
    ] = sending.SKIPPED_DOCUMENT_NUMBERS,
) -> None:
    """Say that the database was restored from a backup: what is unfinished asks first, and nothing is sent until you say go."""
    with environment.database() as current:
        _use(current)
        done = in_unit_of_work(sending.restored, cause=reason, skip_orders=skip_orders, skip_documents=skip_documents)
        db.dispose()
    typer.echo(f"{done.sentence} See how it stands: holdfast sending show. Let it go on: holdfast sending go")


@sendings.command(name="show")
def sending_show(as_json: JsonOption = False) -> None:
    """Whether anything is sent outside, and what going on would do."""
    with environment.database() as current:
        _use(current)
        state = in_unit_of_work(sending.state, actor=SYSTEM)
        preview = in_unit_of_work(sending.preview_go, actor=SYSTEM)
        db.dispose()
    if as_json:
        counts = {name: getattr(preview, name) for name in ("waiting", "asking", "found", "unknown")}
        typer.echo(json.dumps({"paused": state.paused, "cause": state.cause, **counts}, ensure_ascii=False))
    elif not state.paused:
        typer.echo("Everything is sent as it is due.")
    else:
        typer.echo("\n".join((f"Sending is paused: {state.cause}", "Going on would mean:", *preview.effects)))


@sendings.command(name="go")
def sending_go(reason: Annotated[str, typer.Option(help="Why it may go on; for the audit.")]) -> None:
    """Let sending go on after a restored backup."""
    with environment.database() as current:
        _use(current)
        preview = in_unit_of_work(sending.preview_go, actor=SYSTEM)
        done = in_unit_of_work(sending.go, actor=SYSTEM, epoch=preview.epoch, token=preview.token, reason=reason)
        db.dispose()
    typer.echo(done.sentence)


@cli.command(name="import")
def import_command(
    path: Annotated[Path, typer.Argument(help="JSON (an order, a list, or {orders: […]}) or one order per line.")],
    channel: Annotated[str, typer.Option(help="Whose form the orders have: shopify or generic.")] = "shopify",
    as_json: JsonOption = False,
) -> None:
    """Take in orders from a file, checked like webhooks; importing it again changes nothing. Exit code 1 if any failed."""
    failed = 0
    with environment.database():
        wiring.start("import")
        for place, receipt in imports.import_orders(channel, path, wiring.adapters()):
            failed += receipt.verdict is inbox.Verdict.QUARANTINED
            row = {
                "place": place,
                "verdict": receipt.verdict,
                "order": receipt.order_number,
                "problems": receipt.problems,
            }
            said = " ".join((str(receipt.verdict), receipt.order_number, *receipt.problems))
            typer.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{place}: {said}")
        db.dispose()
    if failed:
        raise typer.Exit(FAILED)


@cli.command()
def reconcile(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day, by default yesterday.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a day's payments with what the gateways say and name every difference. Exit code 1 if there is one."""
    checked = differences = 0
    with environment.database() as current:
        wiring.start("reconcile")
        today = clock.now().astimezone(ZoneInfo(current.time_zone)).date()
        asked, adapters = day.date() if day else today - timedelta(days=1), wiring.adapters()
        for verdict in reconciliation.reconcile_payments(asked, adapters):
            checked += 1
            differences += _say(verdict, as_json)
        for verdict in reconcile_balances(asked, adapters):
            differences += _say(verdict, as_json)
        db.dispose()
    if not as_json:
        typer.echo(f"{checked} orders checked, {differences} with a difference.")
    if differences:
        raise typer.Exit(FAILED)


def _say(verdict: reconciliation.OrderReconciled, as_json: bool) -> bool:
    """Print a verdict where it is asked for or says something; whether it tells of a difference."""
    differs = bool(verdict.breaks or verdict.unanswered)
    if as_json:
        typer.echo(json.dumps(asdict(verdict), ensure_ascii=False))
    elif differs:
        typer.echo(_difference(verdict))
    return differs


def _difference(verdict: reconciliation.OrderReconciled) -> str:
    """A line for people: what each side says."""
    about = verdict.number or "No order of ours"
    if verdict.unanswered:
        return f"{verdict.number or 'Balance'}: {verdict.gateway} could not be asked: {verdict.unanswered}"
    sides = [
        f"{found.kind} {found.reference}: here {_amount(found.ours)}, there {_amount(found.theirs)}"
        for found in verdict.breaks
    ]
    return f"{about}: " + "; ".join(sides)


def _amount(movement: Movement | None) -> str:
    return "nothing" if movement is None else display(movement.amount_minor, movement.currency)


def main() -> None:
    """The console script."""
    try:
        cli()
    except ConfigurationError as error:
        _fail(str(error), WRONG_USE)
    except HoldfastError as error:
        _fail(str(error), WRONG_USE if isinstance(error, InvalidInput) else FAILED)
    except OperationalError as error:
        _fail(f"The database cannot be used: {str(error.orig).strip()} `holdfast doctor` says more.", FAILED)
    except KeyboardInterrupt:
        _fail("Stopped.", FAILED)


def _show(findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for finding in findings:
        console.print(f"{_MARKS[finding.verdict]} {escape(finding.says)}", soft_wrap=True)
        if finding.advice:
            console.print(f"  [dim]→ {escape(finding.advice)}[/]", soft_wrap=True)
    wrong = sum(finding.verdict is Verdict.PROBLEM for finding in findings)
    console.print("\nNothing is wrong." if not wrong else f"\n{wrong} of {len(findings)} checks found a problem.")


def _use(current: settings.Settings) -> None:
    """Point this process at the database; refused while its tables are not those of this version."""
    db.configure(current.database_url.get_secret_value(), pool=2)
    at, head = migrate.current_and_head(db.engine())
    if at != head:
        raise NotPossible(f"The tables are at {at or 'nothing'}, this version needs {head}. Run: holdfast migrate")


def _ask_password() -> str:
    answer: str = typer.prompt("Password (at least 15 characters)", hide_input=True, confirmation_prompt=True)
    return answer


def _become(module: str) -> NoReturn:
    """Go on as another program, so that signals and exit code are its own."""
    sys.stdout.flush()
    os.chdir(ROOT)
    command = python(module)
    os.execve(command[0], command, environment.for_child({}))  # nosec B606 - one of our own modules


def _fail(sentence: str, code: int) -> NoReturn:
    typer.echo(f"holdfast: {sentence}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
