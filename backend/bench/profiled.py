"""A worker that notes where its CPU time goes: `python -m backend.bench.profiled PATH`, for `bench pipeline --profile`.

Every thread runs under a profile of its own that counts the thread's CPU time, so waiting costs nothing in it. After a
stop in good order the profiles lie in PATH, merged.
"""

import cProfile
import pstats
import runpy
import sys
import threading
import time
from typing import Any

from backend.bench.site import WORKER

_profiles: list[cProfile.Profile] = []


def _begin(*_: Any) -> None:
    """Called by a thread for its first event: from there on its profile takes over."""
    profile = cProfile.Profile(time.thread_time)
    _profiles.append(profile)
    profile.enable()


def main(path: str) -> None:
    threading.setprofile(_begin)
    sys.argv = [WORKER]
    try:
        runpy.run_module(WORKER, run_name="__main__")
    finally:
        threading.setprofile(None)
        merged = pstats.Stats()
        for profile in _profiles:
            profile.create_stats()
            merged.add(profile)
        merged.dump_stats(path)


if __name__ == "__main__":
    main(sys.argv[1])
