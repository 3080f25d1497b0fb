"""Requests made up from the API's own description: whatever comes, the answer is one that is described, and no 5xx."""

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from backend import settings as configuration
from backend import wiring
from backend.api.app import create_api
from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from backend.store import db, personal
from backend.store.personal import Keyring
from tests import factories
from tests.api import senders
from tests.conftest import Server

NAME = "holdfast_test_generated_requests"
FEW = settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

SENDERS = {"channels": ("channel", "generic"), "payments": ("provider", "stripe")}
RULES_BEYOND_THE_SCHEMA = [positive_data_acceptance, negative_data_rejection]
"""A reason of two letters fits the description and is refused all the same; and we put a real order into its place."""

API = create_api()
described = schemathesis.openapi.from_dict(API.openapi())
described.app = API


class Scene:
    """What the requests find: one order that is held, and a manager's token."""

    def __init__(self) -> None:
        self.number = factories.created(factories.new_order(shipping=None)).number
        bearer = in_unit_of_work(accounts.create_token, role=Role.MANAGER, name="robot", actor=SYSTEM)
        self.headers = {"Authorization": f"Bearer {bearer}"}


@pytest.fixture(scope="module")
def scene(postgres: Server, template: str) -> Iterator[Scene]:
    """One database for all of them, since none of their answers depends on the ones before."""
    postgres.create_database(NAME, template=template)
    db.configure(postgres.url(NAME))
    personal.configure(Keyring({"test": bytes(range(32))}, bytes(range(32, 64))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_GENERIC_WEBHOOK_SECRET", senders.GENERIC_SECRET)
        patch.setenv("HOLDFAST_STRIPE_WEBHOOK_SECRET", senders.STRIPE_SECRET)
        configuration.current.cache_clear()
        wiring.adapters.cache_clear()
        wiring.adapters()
    yield Scene()
    API.state.threads.close()
    wiring.adapters.cache_clear()
    db.dispose()
    postgres.drop_database(NAME)


@described.include(path_regex="^/(admin|health|metrics)").parametrize()
@FEW
def test_reading_and_acting(case: Case, scene: Scene) -> None:
    if len(str(case.path_parameters.get("number", ""))) % 2:
        case.path_parameters["number"] = scene.number

    case.call_and_validate(headers=scene.headers, excluded_checks=RULES_BEYOND_THE_SCHEMA)


@described.include(path_regex="^/webhooks").parametrize()
@FEW
def test_signed_messages(case: Case, scene: Scene) -> None:
    if not as_a_connected_sender(case):
        case.call_and_validate(excluded_checks=RULES_BEYOND_THE_SCHEMA)
        return
    body = sent_body(case)
    timed = senders.timed(body, senders.GENERIC_SECRET if "channel" in case.path_parameters else senders.STRIPE_SECRET)
    signed = {"X-Holdfast-Signature": timed, "Stripe-Signature": timed, "X-Holdfast-Event-Id": f"e-{hash(body)}"}

    answer = case.call_and_validate(headers=signed, excluded_checks=RULES_BEYOND_THE_SCHEMA)

    assert answer.status_code not in (401, 404)


@described.include(path_regex="^/webhooks/(channels|payments)").parametrize()
@FEW
def test_unsigned_messages_are_refused(case: Case, scene: Scene) -> None:
    if not as_a_connected_sender(case) or case.method != "POST" or case.path.endswith(".json"):
        return
    answer = case.call(headers={"Content-Type": "application/json"})

    assert answer.status_code == 401
    assert answer.json()["code"] == "signature_refused"


def as_a_connected_sender(case: Case) -> bool:
    """Address the message as one of the senders that are connected; False where there is none of its kind."""
    kind = next((kind for kind in SENDERS if f"/{kind}/" in case.path), "")
    if not kind:
        return False
    parameter, sender = SENDERS[kind]
    case.path_parameters = {parameter: sender}
    return True


def sent_body(case: Case) -> bytes:
    """The bytes that will be sent."""
    given = case.as_transport_kwargs(base_url="http://testserver")
    kept = {name: given[name] for name in ("method", "url", "headers", "json", "data", "params") if name in given}
    body = requests.Request(**kept).prepare().body
    return body.encode() if isinstance(body, str) else body or b""
