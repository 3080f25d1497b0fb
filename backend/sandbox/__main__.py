"""`python -m backend.sandbox`: the sandbox as a process of its own, configured by environment variables."""

import sys

from backend.sandbox.config import ConfigError, SandboxConfig
from backend.sandbox.main import run

if __name__ == "__main__":
    try:
        config = SandboxConfig.from_env()
    except ConfigError as error:
        sys.exit(f"sandbox: {error}")
    run(config)
