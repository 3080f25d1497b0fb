"""The door: pages, websocket, sign-in and sign-out."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from backend import settings
from dashboard.shell import sessions
from dashboard.shell.gate import gate, plain_addresses, safe_return
from dashboard.shell.sign_in import routes
from tests.conftest import Database
from tests.dashboard.conftest import PASSWORD

HERE = "http://desk.test"


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """What the gate guards: answers `inside` with the path it saw, or accepts the websocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"inside {scope['path']}".encode()})


def request(app: Any, method: str, path: str, *, token: str = "", **given: Any) -> httpx.Response:
    async def go() -> httpx.Response:
        cookies = {sessions.COOKIE: token} if token else {}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE, cookies=cookies) as client:
            return await client.request(method, path, **given)

    return asyncio.run(go())


def knock(token: str, origin: str | None) -> str:
    """Try to open a websocket; tells whether it was accepted or closed."""
    headers = [(b"host", b"desk.test"), (b"cookie", f"{sessions.COOKIE}={token}".encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gate(behind)({"type": "websocket", "path": "/_event/", "headers": headers}, receive, send))
    return str(sent[0]["type"])


@pytest.mark.parametrize(
    "path", ["/", "/held", "/orders/ORD-20260131-00001", "/documents/1", "/_event/", "/ping", "/new"]
)
def test_without_a_session_every_page_leads_to_the_sign_in(database: Database, path: str) -> None:
    answer = request(gate(behind), "GET", path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert "inside" not in answer.text


@pytest.mark.parametrize(
    "path", ["/sign-in", "/assets/entry-1.js", "/css/tokens.css", "/fonts/a.woff2", "/favicon.svg"]
)
def test_what_the_sign_in_page_needs_is_open(database: Database, path: str) -> None:
    assert request(gate(behind), "GET", path).text == f"inside {path}"


def test_a_session_opens_the_pages(sign_in: Callable[[], str]) -> None:
    assert request(gate(behind), "GET", "/held", token=sign_in()).text == "inside /held"


def test_the_sign_in_leads_back_to_where_one_wanted_to_go(database: Database) -> None:
    assert request(gate(behind), "GET", "/held").headers["location"] == "/sign-in?next=/held"
    asked = request(gate(behind), "GET", "/held?q=amount%3A%3E100&sort=due").headers["location"]
    assert asked == "/sign-in?next=/held%3Fq%3Damount%253A%253E100%26sort%3Ddue"
    assert request(gate(behind), "GET", "/held?q=<x>").headers["location"].startswith("/sign-in?next=/held")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test",
        "/\\evil.test",
        "https://evil.test",
        "/a b",
        "/_event",
        "/x?y\r\nz",
        "/x?y#z",
        "/x?" + "y" * 1001,
        "/a.b",
        "",
    ],
)
def test_a_sign_in_never_leads_elsewhere(path: str) -> None:
    assert safe_return(path) is False


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        (HERE, "websocket.accept"),
        ("http://evil.test", "websocket.close"),
        (None, "websocket.close"),
        ("null", "websocket.close"),
    ],
)
def test_only_our_own_pages_open_the_websocket(sign_in: Callable[[], str], origin: str | None, verdict: str) -> None:
    assert knock(sign_in(), origin) == verdict


def test_without_a_session_the_websocket_stays_shut(database: Database) -> None:
    assert knock("", HERE) == "websocket.close"
    assert knock("a" * 43, HERE) == "websocket.close"


def test_a_page_is_served_under_its_plain_address() -> None:
    app = plain_addresses(frozenset({"/held"}))(behind)
    assert request(app, "GET", "/held").text == "inside /held/"
    assert request(app, "GET", "/held/x").text == "inside /held/x"


def post(path: str, data: dict[str, str] | None = None, origin: str | None = HERE, token: str = "") -> httpx.Response:
    headers = {"origin": origin} if origin else {}
    return request(routes, "POST", path, data=data, headers=headers, token=token)


def test_signing_in_sets_a_cookie_that_scripts_cannot_read(sign_in: Callable[[], str]) -> None:
    sign_in()
    where = "/held?q=amount%3A%3E100&sort=due"
    answer = post("/sign-in", {"email": "sofia@shop.test", "password": PASSWORD, "next": where})
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{sessions.COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    token = answer.cookies[sessions.COOKIE]
    assert request(gate(behind), "GET", "/held", token=token).text == "inside /held"


def test_a_wrong_password_says_so_without_saying_what_was_wrong(sign_in: Callable[[], str]) -> None:
    sign_in()
    wrong = post("/sign-in", {"email": "sofia@shop.test", "password": "not this one at all"})
    unknown = post("/sign-in", {"email": "nobody@shop.test", "password": "not this one at all"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "The e-mail address or the password is not right." in wrong.text
    assert wrong.text.replace("sofia", "nobody") == unknown.text
    assert "set-cookie" not in wrong.headers


def test_what_was_typed_comes_back_as_text(database: Database) -> None:
    answer = post("/sign-in", {"email": '"><script>alert(1)</script>@x', "password": "x"})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.test", "null", None])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_form_of_another_site_is_refused(sign_in: Callable[[], str], path: str, origin: str | None) -> None:
    token = sign_in()
    answer = post(path, {"email": "sofia@shop.test", "password": PASSWORD}, origin=origin, token=token)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert request(gate(behind), "GET", "/", token=token).status_code == 200


def test_signing_out_ends_the_session_itself(sign_in: Callable[[], str]) -> None:
    token = sign_in()
    answer = post("/sign-out", token=token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert 'holdfast_session=""' in answer.headers["set-cookie"]
    sessions.forget_all()
    assert request(gate(behind), "GET", "/", token=token).status_code == 303


def test_demo_sign_ins_are_shown_in_demo_mode_only(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "demo.test" not in request(routes, "GET", "/sign-in").text
    monkeypatch.setenv("HOLDFAST_DEMO", "1")
    settings.current.cache_clear()
    assert "sofia@demo.test" in request(routes, "GET", "/sign-in").text
