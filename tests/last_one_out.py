"""Wait for a test run to end, then stop its database server: `python -m tests.last_one_out PID FOLDER`.

The run stops the server itself; this is for a run that was killed. It goes on in the background at once.
"""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from backend.store.embedded import EmbeddedPostgres


def main(run: int, folder: Path) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(run).wait()
    if folder.exists():
        EmbeddedPostgres(folder).stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    main(int(sys.argv[1]), Path(sys.argv[2]))
