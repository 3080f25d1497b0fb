"""This worker process: what it is called in attempts and in the list of workers, and whether it is to stop."""

import functools
import os
import socket
import threading

_stop = threading.Event()


def stop_with(flag: threading.Event) -> None:
    """Name the flag that is set when this process has been told to stop."""
    global _stop
    _stop = flag


def stopping() -> bool:
    """Whether what is under way is to end, and nothing is to be begun."""
    return _stop.is_set()


@functools.cache
def process_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


def worker_name() -> str:
    """The process and the thread within it."""
    return f"{process_name()}/{threading.current_thread().name}"
