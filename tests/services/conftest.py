"""Services are tested with the real adapters against the sandbox's true wire formats."""

from tests.world import outside, world

__all__ = ["outside", "world"]
