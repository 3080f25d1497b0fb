"""Ports of this machine: which are free, and which one to take."""

import socket

from backend.domain.errors import HoldfastError


class PortTaken(HoldfastError):
    code = "port_taken"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is used by another program. Stop that one, or choose another port with --port "
            "or HOLDFAST_PORT."
        )


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now; ports in the pause after a stop count as free, as servers take them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def free_port(wished: int, *, host: str = "127.0.0.1", not_these: frozenset[int] = frozenset()) -> int:
    """The wished port or the nearest free one above it."""
    for port in range(wished, wished + 200):
        if port not in not_these and is_free(host, port):
            return port
    raise PortTaken(host, wished)
