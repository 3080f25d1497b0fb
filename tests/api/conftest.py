"""The API as a client sees it: real adapters from settings, a fresh database, tokens per role."""

from collections.abc import Callable, Iterator

import pytest

from backend import settings, wiring
from backend.api.app import create_api
from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from tests.api.client import Client
from tests.api.senders import GENERIC_SECRET, SHOPIFY_SECRET, STRIPE_SECRET
from tests.conftest import Database

Token = Callable[[Role], dict[str, str]]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This installation takes messages from Shopify, the generic channel and Stripe."""
    monkeypatch.setenv("HOLDFAST_SHOPIFY_WEBHOOK_SECRET", SHOPIFY_SECRET)
    monkeypatch.setenv("HOLDFAST_GENERIC_WEBHOOK_SECRET", f"{GENERIC_SECRET},old-{GENERIC_SECRET}")
    monkeypatch.setenv("HOLDFAST_STRIPE_WEBHOOK_SECRET", STRIPE_SECRET)
    settings.current.cache_clear()
    wiring.adapters.cache_clear()
    yield
    wiring.adapters.cache_clear()


@pytest.fixture
def client(database: Database, connected: None) -> Iterator[Client]:
    """A client that is not on this machine, to whom nothing is given for free."""
    api = create_api()
    yield Client(api)
    api.state.threads.close()


@pytest.fixture
def token(database: Database) -> Token:
    """The headers of a fresh API token with a role."""

    def make(role: Role) -> dict[str, str]:
        bearer = in_unit_of_work(accounts.create_token, role=role, name=f"robot of {role}", actor=SYSTEM)
        return {"Authorization": f"Bearer {bearer}"}

    return make
