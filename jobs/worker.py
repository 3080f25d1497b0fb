"""What this worker process is called in attempts and in the list of workers."""

import functools
import os
import socket
import threading


@functools.cache
def process_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


def worker_name() -> str:
    """The process and the thread within it."""
    return f"{process_name()}/{threading.current_thread().name}"
