"""Make `.venv` with exactly what `requirements.lock` names, and the console script `holdfast` in it.

Needs nothing but the standard library; `make` calls it when the lock has changed.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.stamp"


def main() -> None:
    os.chdir(ROOT)
    if sys.version_info < (3, 11):  # noqa: UP036 - this is the place that says so to an older one
        sys.exit(f"Holdfast needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    began = time.monotonic()
    make_environment()
    install(["--require-hashes", "-r", LOCK.name], count=sum(1 for _ in LOCK.open() if re.match(r"^\w", _)))
    install(["--no-deps", "--no-build-isolation", "-e", "."], count=1)
    STAMP.touch()
    say(f"Set up in {time.monotonic() - began:.0f} s.\n")


def make_environment() -> None:
    """The virtual environment; an unfinished one is made anew."""
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    say("Making a virtual environment …\n")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "Python could not make a virtual environment. On Debian and Ubuntu install it with: "
            f"apt install python3-venv\n{done.stdout}{done.stderr}"
        )


def install(arguments: list[str], *, count: int) -> None:
    """Run pip and show how far it has come; on failure show what it said."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    said: list[str] = []
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(("Collecting", "Requirement already", "Obtaining", "Ignoring")):
                seen += 1
                if sys.stdout.isatty():
                    say(f"\r\033[KInstalling packages: {seen} of {count} {line.split()[1][:40]}")
            elif line.startswith("Installing collected") and sys.stdout.isatty():
                say("\r\033[KInstalling packages: unpacking …")
    if sys.stdout.isatty():
        say("\r\033[K")
    if pip.returncode != 0:
        sys.exit("".join(said[-30:]) + "\nThe packages could not be installed; what pip said is above.")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
