"""No idempotency key travels with a request, even to those who would remember one."""

from typing import Any

from backend.integrations.http import ProviderClient
from tests.chaos.mutants.patching import put_in_place_of

_request = ProviderClient.request


def apply() -> None:
    def without(self: ProviderClient, *arguments: Any, headers: Any = None, **options: Any) -> Any:
        left = {name: value for name, value in (headers or {}).items() if "idempotency" not in name.lower()}
        return _request(self, *arguments, headers=left, **options)

    put_in_place_of(ProviderClient, "request", without)
