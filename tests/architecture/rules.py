"""The house rules that a syntax tree can show, each with lines that it must catch and lines that it must let pass.

A rule takes a source and yields a finding per breach.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.architecture.source import Source, at, calls, dotted

Check = Callable[[Source], Iterator[str]]
SANDBOX = "backend/sandbox"


@dataclass(frozen=True)
class Rule:
    """`bad` and `good` are (path, text) pairs: what the rule must catch, and what it must let pass."""

    name: str
    check: Check
    bad: tuple[tuple[str, str], ...]
    good: tuple[tuple[str, str], ...]


def commits_in_one_place(source: Source) -> Iterator[str]:
    """A transaction is committed in store/db.py alone, so that nothing half-done is ever committed."""
    if source.within("backend/store/db.py", SANDBOX):
        return
    for call, name in calls(source.tree):
        if name.rpartition(".")[2] == "commit":
            yield at(call, "commits; only backend/store/db.py may")


def nothing_leaves_a_transaction(source: Source) -> Iterator[str]:
    """No provider is called while a transaction is open: locks would be held for as long as the provider likes."""
    if source.within(SANDBOX, "backend/integrations", "backend/installation", "backend/wiring.py"):
        return
    for block in _transactions(source.tree):
        for call, name in calls(block):
            if name.split(".")[0] in _OUTSIDE or name.rpartition(".")[2] in _OUTSIDE:
                yield at(call, f"calls {name} inside a transaction")


_OUTSIDE = {"httpx", "smtplib", "requests", "urlopen", "adapters", "gateway"}


def _transactions(tree: ast.AST) -> Iterator[ast.AST]:
    """Blocks of `with unit_of_work()`, and functions that are given an open session."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith):
            opened = [item.context_expr for item in node.items]
            if any(isinstance(one, ast.Call) and dotted(one.func).endswith("unit_of_work") for one in opened):
                yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            argument.arg == "session" for argument in (*node.args.posonlyargs, *node.args.args)
        ):
            yield node


def small_enough(source: Source) -> Iterator[str]:
    """A module fits into a head, a function onto a screen."""
    lines = source.text.count("\n")
    if lines > 400 and not source.within("backend/store/migrations/versions"):
        yield f"1: has {lines} lines; 400 at most"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > 40 and not _is_one_value(node) and not source.within("backend/store/migrations/versions"):
                yield at(node, f"{node.name} has {length} lines; 40 at most")


def _is_one_value(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A function that does nothing but return one written-out value is a form, and forms may be long."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return len(body) == 1 and isinstance(body[0], ast.Return) and isinstance(body[0].value, ast.Dict | ast.List)


def status_moves_in_the_store(source: Source) -> Iterator[str]:
    """A status changes by compare-and-swap in the store, never by writing to an attribute somewhere."""
    if source.within("backend/store", SANDBOX, "dashboard"):
        return
    for node in ast.walk(source.tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) else []:
            if isinstance(target, ast.Attribute) and target.attr == "status" and dotted(target.value) != "self":
                yield at(node, "writes a status; only backend/store may")


def one_clock(source: Source) -> Iterator[str]:
    """Tests can only move a clock that everybody reads."""
    if source.within("backend/clock.py", f"{SANDBOX}/clock.py"):
        return
    for call, name in calls(source.tree):
        if re.search(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|monotonic))$", name):
            yield at(call, f"reads the clock with {name}; use backend.clock")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if alias.name in ("time", "time_ns", "monotonic"):
                    yield at(node, f"imports time.{alias.name}; use backend.clock")


def one_reader_of_the_environment(source: Source) -> Iterator[str]:
    """A setting that is read somewhere else is neither documented nor checked."""
    if source.within(*_ENVIRONMENT):
        return
    for node in ast.walk(source.tree):
        if dotted(node) in ("os.environ", "os.getenv", "os.putenv"):
            yield at(node, "touches the environment; use backend.settings")


_ENVIRONMENT = (
    "backend/settings.py",
    "backend/installation/environment.py",  # hands settings to child processes
    f"{SANDBOX}/config.py",
    "dashboard/build.py",  # hands Reflex's own variables to the build
    "dashboard/serve.py",  # and to the server
)


def money_is_whole(source: Source) -> Iterator[str]:
    """An amount is a whole number of minor units and is called so; some providers' own formats are not so wise."""
    if source.within(SANDBOX):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            name = (
                node.arg if isinstance(node, ast.arg) else getattr(node.target, "attr", getattr(node.target, "id", ""))
            )
            if _MONEY.search(name) and node.annotation and "float" in ast.unparse(node.annotation):
                yield at(node, f"{name} is a float; money is *_minor: int")
    for call, name in calls(source.tree):
        if name == "float" and call.args and _MONEY.search(dotted(call.args[0]).rpartition(".")[2]):
            yield at(call, "turns an amount into a float")


_MONEY = re.compile(r"_minor$|^(amount|price|total|subtotal|fee|refund|tax)$")


def chance_is_for_the_sandbox(source: Source) -> Iterator[str]:
    """What is random is either a secret (module secrets) or play (the sandbox)."""
    if source.within(SANDBOX, "backend/demo", "dashboard"):
        return
    for node in ast.walk(source.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if "random" in names or (isinstance(node, ast.ImportFrom) and node.module == "random"):
            yield at(node, "imports random; use secrets")


def signatures_compare_in_constant_time(source: Source) -> Iterator[str]:
    """`==` tells an attacker by its duration how much of a guess was right."""
    if source.within(SANDBOX):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            for side in (node.left, *node.comparators):
                name = dotted(side.func if isinstance(side, ast.Call) else side) or getattr(
                    getattr(side, "func", None), "attr", ""
                )
                if re.search(r"(^|[._])(signature|mac|hmac|hexdigest|digest)$", name):
                    yield at(node, f"compares {name} with ==; use hmac.compare_digest")


def nothing_rests_on_huey(source: Source) -> Iterator[str]:
    """Huey loses tasks; retries, delays and pipelines live in the step ledger."""
    if not source.within("jobs"):
        return
    for call, name in calls(source.tree):
        for keyword in call.keywords:
            if keyword.arg in ("retries", "retry_delay", "eta", "delay", "expires") and not _is_nothing(keyword.value):
                yield at(call, f"gives Huey {keyword.arg}=; the step ledger decides that")
        if name.rpartition(".")[2] in ("schedule", "lock_task", "pipeline", "chord"):
            yield at(call, f"uses Huey's {name}; the step ledger decides that")


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


RULES = (
    Rule(
        "commits happen in one place",
        commits_in_one_place,
        bad=(("backend/services/a.py", "session.commit()"), ("jobs/a.py", "get_session().commit()")),
        good=(("backend/store/db.py", "session.commit()"), ("backend/services/a.py", "session.flush()")),
    ),
    Rule(
        "nothing leaves a transaction",
        nothing_leaves_a_transaction,
        bad=(
            ("backend/services/a.py", "with unit_of_work() as s:\n    httpx.get('x')"),
            ("backend/services/a.py", "with db.unit_of_work():\n    wiring.adapters().payments"),
            ("backend/services/a.py", "def a(session, order_id):\n    gateway.capture(order_id)"),
        ),
        good=(
            ("backend/services/a.py", "with unit_of_work() as s:\n    orders.get(s, 1)\ngateway.capture(1)"),
            ("backend/services/a.py", "def a(step, gateway):\n    return gateway.capture(step)"),
        ),
    ),
    Rule(
        "modules and functions are small",
        small_enough,
        bad=(("backend/a.py", "\n" * 401), ("backend/a.py", "def a():\n" + "    x = 1\n" * 40)),
        good=(
            ("backend/a.py", "\n" * 400),
            ("backend/a.py", "def a():\n" + "    x = 1\n" * 39),
            ("backend/sandbox/a.py", "def form():\n    return {\n" + "        'a': 1,\n" * 50 + "    }"),
        ),
    ),
    Rule(
        "a status moves in the store",
        status_moves_in_the_store,
        bad=(("backend/services/a.py", "order.status = 'shipped'"), ("jobs/a.py", "get(1).status: str = 'x'")),
        good=(
            ("backend/store/orders.py", "order.status = 'shipped'"),
            ("backend/services/a.py", "if order.status == 'shipped':\n    status = 1"),
            ("backend/domain/errors.py", "class E:\n    def __init__(self, s):\n        self.status = s"),
        ),
    ),
    Rule(
        "there is one clock",
        one_clock,
        bad=(
            ("backend/a.py", "datetime.now(UTC)"),
            ("jobs/a.py", "import datetime\ndatetime.datetime.utcnow()"),
            ("dashboard/a.py", "time.monotonic()"),
            ("backend/a.py", "from time import monotonic"),
        ),
        good=(("backend/clock.py", "datetime.now(UTC)"), ("backend/a.py", "clock.now()\ntime.sleep(1)")),
    ),
    Rule(
        "one module reads the environment",
        one_reader_of_the_environment,
        bad=(("backend/api/a.py", "os.environ['HOLDFAST_X']"), ("jobs/a.py", "os.getenv('X')")),
        good=(("backend/settings.py", "os.environ.get('X')"), ("jobs/a.py", "settings.current().port\nos.getpid()")),
    ),
    Rule(
        "money is whole numbers",
        money_is_whole,
        bad=(
            ("backend/a.py", "total_minor: float = 0"),
            ("backend/a.py", "def pay(amount: float | None): ..."),
            ("backend/a.py", "x = float(order.total_minor)"),
        ),
        good=(("backend/a.py", "total_minor: int = 0\nshare: float = 0.5\nx = float(seconds)"),),
    ),
    Rule(
        "chance is for the sandbox",
        chance_is_for_the_sandbox,
        bad=(("backend/services/a.py", "import random"), ("jobs/a.py", "from random import choice")),
        good=(("backend/sandbox/a.py", "import random"), ("backend/services/a.py", "import secrets")),
    ),
    Rule(
        "signatures are compared in constant time",
        signatures_compare_in_constant_time,
        bad=(
            ("backend/integrations/a.py", "expected == signature"),
            ("backend/integrations/a.py", "given != hmac.new(k, b, sha256).hexdigest()"),
        ),
        good=(
            ("backend/integrations/a.py", "hmac.compare_digest(expected, signature)"),
            ("backend/integrations/a.py", "signature is None or len(signature) == 64"),
        ),
    ),
    Rule(
        "nothing rests on Huey",
        nothing_rests_on_huey,
        bad=(("jobs/a.py", "@huey.task(retries=3)\ndef a(): ..."), ("jobs/a.py", "run_step.schedule(args=(1,))")),
        good=(("jobs/a.py", "@huey.task(retries=0)\ndef a(step_id): ..."), ("backend/a.py", "later(delay=3)")),
    ),
)
