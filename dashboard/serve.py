"""The web process: one granian worker that serves pages, websocket and HTTP API on one port.

`python -m dashboard.serve` becomes that process, with host and port from the settings.
"""

import os
import sys
from typing import NoReturn

from backend.settings import current
from dashboard import build


def command(host: str, port: int) -> list[str]:
    """The command of the web process; run it in `build.ROOT` with `environment()`, on a current bundle."""
    return [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", host, "--port", str(port),
        "--workers", "1", "--no-access-log", "--log-level", "warning", "dashboard.dashboard:app",
    ]  # fmt: skip


def environment() -> dict[str, str]:
    """The web process's environment: the bundle is served as built, nothing is compiled or reported."""
    return {
        **os.environ,
        # Reflex's own names for "a compiled bundle lies there: mount it"; its version is pinned for their sake.
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "PYTHONUNBUFFERED": "1",
    }


def main() -> NoReturn:
    """Go on as the web process, so that signals and exit code are its own."""
    settings = current()
    if not build.is_current():
        sys.exit("The dashboard's bundle is missing or older than its sources. Build it: python -m dashboard.build")
    os.chdir(build.ROOT)
    arguments = command(settings.host, settings.port)
    os.execve(arguments[0], arguments, environment())  # nosec B606 - one of our own modules


if __name__ == "__main__":
    main()
