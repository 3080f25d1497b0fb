"""Ends what `holdfast up` has started when `up` itself was killed: `python -m backend.installation.guard PID HOME`.

It runs beside `up` and waits for its end, however that comes. After an orderly stop there is nothing left to do.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from backend.installation.home import Home, write_private
from backend.installation.processes import find, identity, wait_until_gone
from backend.store.embedded import EmbeddedPostgres

_GRACE = 10.0


def write_record(home: Home, children: dict[str, int], **facts: Any) -> None:
    """Note which processes run, so that they can be found again by somebody else. `facts` are for people."""
    known = {name: identity(pid) for name, pid in children.items()}
    write_private(home.record, {"up": identity(os.getpid()), "children": known, **facts})


def read_record(home: Home) -> dict[str, Any]:
    """What was noted last; empty when nothing runs."""
    try:
        found = json.loads(home.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def end_leftovers(home: Home) -> int:
    """End every noted process that still runs, with its family, and the embedded database. Returns how many."""
    record = read_record(home)
    children = list(record.get("children", {}).values())
    left = [process for known in children if (process := find(known))]
    # A family keeps its dead leader's number from being given away, so a number that lives anew is no family of ours.
    groups = {known["pid"] for known in children if find(known) or not psutil.pid_exists(known["pid"])}
    families = [process for process in psutil.process_iter() if _group(process) in groups]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    wait_until_gone(left, _GRACE)
    stubborn = wait_until_gone(families, 0)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until_gone(stubborn, _GRACE)
    if record.get("embedded"):
        EmbeddedPostgres(home.postgres).stop()
    home.record.unlink(missing_ok=True)
    return len(families)


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None


def main(up: int, folder: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(up).wait()
    home = Home(folder)
    # a new `up` may already have taken over; it ends the leftovers itself before it starts anything
    handle = home.claim("up")
    if handle is not None:
        with handle:
            end_leftovers(home)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
