"""What this machine has seen of the database, kept in the data folder: how a database that went back is noticed.

A file per data folder, an entry per installation. It is written after what it tells of was committed, and read before the
database is asked again, so a database that is behind it has lost something.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "seen.json"


@dataclass(frozen=True)
class Seen:
    """The newest pulse, the restore epoch, and which PostgreSQL it was: its system identifier and timeline."""

    pulse: int
    epoch: int
    system: str
    timeline: int


def read(folder: Path) -> dict[str, Seen]:
    """By installation; empty where nothing was seen yet or the file cannot be read."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return {str(name): Seen(**entry) for name, entry in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write(folder: Path, installation: str, seen: Seen) -> None:
    """Remember what was seen, whole or not at all; without a data folder nothing is remembered."""
    if not folder.is_dir():
        return
    entries = {name: asdict(entry) for name, entry in read(folder).items()} | {installation: asdict(seen)}
    fresh = folder / f"{NAME}.{os.getpid()}"
    fresh.write_text(json.dumps(entries, indent=1), encoding="utf-8")
    fresh.replace(folder / NAME)
