"""The API as a client sees it: real adapters from settings, a fresh database, tokens per role."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI

from backend import settings, wiring
from backend.api.app import all_threads, create_api
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


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """One application for all clients: its first answer takes as long as fifty others."""
    made = create_api()
    made.state.threads.close()
    return made


@pytest.fixture
def client(application: FastAPI, database: Database, connected: None) -> Iterator[Client]:
    """A client that is not on this machine, to whom nothing is given for free; its requests have threads of their own."""
    application.state.threads = all_threads()
    yield Client(application)
    application.state.threads.close()


@pytest.fixture
def token(database: Database) -> Token:
    """The headers of a fresh API token with a role."""

    def make(role: Role) -> dict[str, str]:
        bearer = in_unit_of_work(accounts.create_token, role=role, name=f"robot of {role}", actor=SYSTEM)
        return {"Authorization": f"Bearer {bearer}"}

    return make
