"""Run every test, two at a time: those without a browser, and then the browser's stories beside the calm rest, against one
built bundle.

A browser is taken from `HOLDFAST_TEST_CHROMIUM` or where the system keeps one; where there is none, one is installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
VARIABLE = "HOLDFAST_TEST_CHROMIUM"
STORIES = "tests/e2e"
CALM = ("tests/demo", "tests/domain", "tests/architecture")
"""Those that compute and hardly wait, so that none of them minds a browser beside it."""


def main() -> int:
    os.chdir(ROOT)
    # Hundreds of processes are started: what one has compiled, the others need not.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    browser = find_browser() or install_browser()
    if browser:
        os.environ[VARIABLE] = browser
    if run("dashboard.build") != 0:
        return 1
    arguments = sys.argv[1:]
    # Each worker begins with a half in order, and takes over from the other's end: what tests share is made once.
    apart = ("-n", "2", "--dist", "worksteal", *(f"--ignore={folder}" for folder in (STORIES, *CALM)))
    most = run("pytest", *apart, *arguments)
    rest = side_by_side((STORIES, *arguments), (*CALM, *arguments))
    return most or rest


def side_by_side(seen: tuple[str, ...], beside: tuple[str, ...]) -> int:
    """Run pytest twice at the same time; what the second run says is printed when both have ended."""
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-m", "pytest", *beside]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as other:
            code = run("pytest", *seen)
        said.seek(0)
        sys.stdout.write(said.read().decode(errors="replace"))
    return code or other.returncode


def run(module: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode


def find_browser() -> str | None:
    """A Chromium or Chrome that is there already."""
    if named := os.environ.get(VARIABLE):
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in PLACES if Path(place).exists()), None)


def install_browser() -> str | None:
    """Debian's own package where we may install it, Playwright's build of Chromium elsewhere (None: it finds that)."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "--quiet=2", *command], check=False, env=quiet)
        if found := find_browser():
            return found
    if run("playwright", "install", "chromium") != 0:
        sys.exit(f"No browser for the tests could be installed. Install Chromium, or name one in {VARIABLE}.")
    return None


if __name__ == "__main__":
    sys.exit(main())
