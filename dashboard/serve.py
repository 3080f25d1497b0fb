"""How the web process is started: one granian worker that serves pages, websocket and HTTP API on one port."""

import os
import sys


def command(host: str, port: int) -> list[str]:
    """The command of the web process; run it in `build.ROOT` with `environment()`, after `build.is_current()`."""
    return [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", host, "--port", str(port),
        "--workers", "1", "--no-access-log", "--log-level", "warning", "dashboard.dashboard:app",
    ]  # fmt: skip


def environment() -> dict[str, str]:
    """The web process's environment: the bundle is served as built, nothing is compiled or reported."""
    return {
        **os.environ,
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "PYTHONUNBUFFERED": "1",
    }
