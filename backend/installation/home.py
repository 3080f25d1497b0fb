"""The data folder: where everything of one installation lies, and who may use it at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from backend.domain.errors import HoldfastError


class AlreadyRunning(HoldfastError):
    code = "already_running"

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"Holdfast already runs with the data folder {home}. Stop it first, or give this one another "
            "data folder with HOLDFAST_HOME."
        )


@dataclass(frozen=True)
class Home:
    """Paths in the data folder. `up` holds the lock `up`; whoever starts the embedded database holds `database`."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        """The folder, made when it is missing. Others may pass through it when the database runs as another user."""
        home = cls(path.absolute())
        home.path.mkdir(parents=True, exist_ok=True)
        home.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        home.logs.mkdir(exist_ok=True)
        return home

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def keys(self) -> Path:
        return self.path / "keys.json"

    @property
    def sandbox(self) -> Path:
        return self.path / "sandbox"

    @property
    def record(self) -> Path:
        """What runs at present, for the guard, for `doctor` and for the next start."""
        return self.path / "running.json"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def claim(self, name: str) -> IO[str] | None:
        """Take a lock for as long as the returned file stays open (at most the life of this process); None: taken."""
        handle = (self.path / f"{name}.lock").open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only `up` in this folder; raises `AlreadyRunning`."""
        handle = self.claim("up")
        if handle is None:
            raise AlreadyRunning(self.path)
        with handle:
            yield

    def up_is_running(self) -> bool:
        handle = self.claim("up")
        if handle is not None:
            handle.close()
        return handle is None


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only this account may read, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
