"""One service call, one transaction: how jobs, handlers and endpoints run a service."""

from backend.store.db import in_unit_of_work

__all__ = ["in_unit_of_work"]
