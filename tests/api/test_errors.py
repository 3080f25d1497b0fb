"""Every failure is a problem document with a stable code; bugs give away nothing but a reference."""

import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from backend.api import errors
from backend.api.app import create_api, in_front_of
from backend.domain import errors as expected
from backend.domain.errors import HoldfastError
from tests.api.client import Client


def every_kind(of: type[HoldfastError] = HoldfastError) -> Iterator[type[HoldfastError]]:
    yield of
    for kind in of.__subclasses__():
        yield from every_kind(kind)


SAMPLES: dict[int, list[HoldfastError]] = {
    400: [errors.Unreadable(["The body is empty."])],
    401: [
        expected.NotSignedIn(),
        expected.SignInRefused(),
        expected.TokenRefused(),
        errors.MessageRefused(),
    ],
    403: [expected.NotAllowed("QA", "retry held orders"), expected.OwnRequest()],
    404: [expected.NotFound("There is no such thing."), expected.OrderNotFound("ORD-1")],
    409: [
        expected.IllegalMove("shipped", "confirm"),
        expected.StaleWrite("Somebody was faster."),
        expected.PreviewOutdated("ORD-1"),
        expected.AlreadyDone("This", "Mila"),
        expected.NotPossible("It is shipped already."),
    ],
    422: [
        expected.ReasonMissing("release this hold"),
        expected.InvalidInput(["One.", "Two."]),
        expected.SearchTooWide(5),
        expected.TooMany(500),
    ],
    429: [expected.TooManyAttempts(30)],
    500: [expected.ConfigurationError("A setting is wrong."), HoldfastError("Something.")],
    503: [errors.Unavailable(), errors.NotReady("The database does not answer.")],
}
CASES = [(status, error) for status, samples in SAMPLES.items() for error in samples]


@pytest.fixture
def api() -> Iterator[FastAPI]:
    api = create_api()
    yield api
    api.state.threads.close()


def answering(api: FastAPI, error: Exception) -> Client:
    async def fail() -> None:
        raise error

    api.add_api_route("/admin/fail", fail)
    return Client(api)


def test_every_kind_of_failure_has_a_status() -> None:
    ours = ("backend.domain.", "backend.services.", "backend.api.")
    kinds = {kind.code for kind in every_kind() if kind.__module__.startswith(ours)}

    assert kinds - set(errors.STATUS) == set()
    assert {error.code for _, error in CASES} == set(errors.STATUS)


@pytest.mark.parametrize(("status", "error"), CASES, ids=lambda value: getattr(value, "code", str(value)))
def test_a_failure_is_told_as_a_problem(api: FastAPI, status: int, error: HoldfastError) -> None:
    answer = answering(api, error).get("/admin/fail?email=greta@example.org")

    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (told["status"], told["code"], told["detail"]) == (status, error.code, error.sentence)
    assert (told["type"], told["instance"]) == (f"urn:holdfast:problem:{error.code}", "/admin/fail")
    assert told["title"]


def test_the_single_problems_of_an_input_are_told(api: FastAPI) -> None:
    told = answering(api, expected.InvalidInput(["One.", "Two."])).get("/admin/fail").json()

    assert told["errors"] == [{"sentence": "One."}, {"sentence": "Two."}]


def test_who_asks_too_often_is_told_when_to_come_back(api: FastAPI) -> None:
    assert answering(api, expected.TooManyAttempts(30)).get("/admin/fail").headers["retry-after"] == "30"


def test_a_bug_is_loud_in_the_log_and_gives_away_only_its_reference(
    api: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    client = answering(api, KeyError("customer greta@example.org"))

    with caplog.at_level(logging.ERROR):
        answer = client.get("/admin/fail")

    told = answer.json()
    assert (answer.status_code, told["code"]) == (500, "unexpected")
    assert "greta" not in answer.text
    [record] = [record for record in caplog.records if record.name == "backend.api.errors"]
    assert told["reference"] in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


def test_every_answer_is_kept_nowhere_and_taken_as_what_it_says(api: FastAPI) -> None:
    client = answering(api, KeyError("bug"))

    for address in ("/health/live", "/admin/orders", "/nowhere", "/openapi.json", "/admin/fail"):
        headers = client.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "access-control-allow-origin" not in headers
        assert "set-cookie" not in headers


def test_another_sites_page_is_told_nothing_that_lets_it_in(api: FastAPI) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = Client(api).request("OPTIONS", "/admin/orders", headers=headers)

    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_in_front_of_another_application_each_answers_for_its_own_addresses() -> None:
    other = FastAPI(docs_url=None, openapi_url=None)

    @other.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
    async def page(path: str) -> str:
        return "a page"

    client = Client(in_front_of(other))

    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/openapi.json").json()["info"]["title"] == "Holdfast"
    for address in ("/", "/orders", "/adminish", "/metrics-board", "/webhooks"):
        assert client.get(address).json() == "a page"
        assert "content-security-policy" not in client.get(address).headers
    assert client.request("PUT", "/webhooks/channels/generic").status_code == 405
    assert client.get("/admin/nothing").json()["code"] == "not_found"
