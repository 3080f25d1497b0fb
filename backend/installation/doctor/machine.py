"""Checks of the machine: Python, data folder, disk, ports, and what of `up` runs."""

import os
import shutil
import stat
import subprocess
import sys

from backend.installation import guard
from backend.installation.addresses import is_free
from backend.installation.doctor.finding import Finding, note, ok, problem, warning
from backend.installation.home import Home
from backend.installation.processes import find, python
from backend.installation.product import ROOT
from backend.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LITTLE_DISK = 5_000_000_000
_NO_DISK = 500_000_000


def check_machine(settings: Settings) -> list[Finding]:
    """Everything that can be said without a database."""
    home = Home(settings.home.absolute())
    findings = [check_python(), check_disk(home), *check_folder(home), check_bundle()]
    return [*findings, *check_lab(settings), check_product(home, settings)]


def check_python(version: tuple[int, int] = (sys.version_info[0], sys.version_info[1])) -> Finding:
    shown = ".".join(map(str, version))
    if version < _OLDEST_PYTHON:
        return problem("python", f"This is Python {shown}; Holdfast needs 3.11 or newer.", "Install a newer Python.")
    return ok("python", f"Python {shown}.")


def check_disk(home: Home, *, little: int = _LITTLE_DISK, none: int = _NO_DISK) -> Finding:
    folder = next(path for path in (home.path, *home.path.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    shown = f"{free / 1e9:.1f} GB free where the data folder is ({home.path})."
    advice = "Free some space: with a full disk no order can be taken."
    if free < none:
        return problem("disk", shown, advice)
    return warning("disk", shown, advice) if free < little else ok("disk", shown)


def check_folder(home: Home) -> list[Finding]:
    if not home.path.exists():
        return [note("folder", f"There is no data folder {home.path} yet.", "`holdfast up` makes it.")]
    if not os.access(home.path, os.W_OK):
        return [problem("folder", f"The data folder {home.path} cannot be written.", "Let this account write to it.")]
    if home.keys.exists() and stat.S_IMODE(home.keys.stat().st_mode) & 0o077:
        return [warning("folder", f"Others on this machine can read {home.keys}.", f"Run: chmod 600 {home.keys}")]
    return [ok("folder", f"The data folder {home.path} can be written, and only this account reads the keys.")]


def check_bundle() -> Finding:
    """The dashboard's own word on whether its bundle fits its sources."""
    answer = subprocess.run(python("dashboard.build", "--check"), cwd=ROOT, capture_output=True, check=False)
    if answer.returncode == 0:
        return ok("bundle", "The dashboard's bundle is built and fits its sources.")
    return warning("bundle", "The dashboard's bundle is missing or older than its sources.", "`holdfast up` builds it.")


def check_lab(settings: Settings) -> list[Finding]:
    """Whether somebody has opened the failure lab; beside a real shop the settings have refused it already."""
    if not settings.lab_token.get_secret_value():
        return []
    shown = "The failure lab is open: whoever has HOLDFAST_LAB_TOKEN may bring due times forward."
    return [warning("lab", shown, "Right for practice beside the sandbox. Take the setting away for anything else.")]


def check_product(home: Home, settings: Settings) -> Finding:
    """Who runs, or whether `up` could start."""
    record = guard.read_record(home)
    if find(record.get("up", {})) is None:
        if is_free(settings.host, settings.port):
            return note("product", "Holdfast is not running here.", "`holdfast up` starts it.")
        return problem(
            "product",
            f"Holdfast is not running, and port {settings.port} is used by another program.",
            "Stop that program, or set HOLDFAST_PORT to another port.",
        )
    lasting = {name: at for name, at in record.get("children", {}).items() if name not in record.get("passing", [])}
    dead = sorted(name for name, known in lasting.items() if find(known) is None)
    if dead:
        logs = ", ".join(str(home.log_of(name)) for name in dead)
        return problem("product", f"Holdfast runs, but not all of it: {', '.join(dead)}.", f"Look into {logs}.")
    return ok("product", f"Holdfast runs at {settings.origin} with {', '.join(lasting)}.")
