"""Security and cache headers, the content policy, error pages and masked logs."""

import asyncio
import base64
import hashlib
import logging
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.shell.errors import error_pages, explain
from dashboard.shell.headers import content_policy, script_hashes, security_headers
from dashboard.shell.logs import MaskSecrets, mask


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"page"})


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("the password is swordfish")


def get(app: ASGIApp, path: str) -> httpx.Response:
    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk.test") as client:
            return await client.get(path)

    return asyncio.run(go())


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "held").mkdir()
    (tmp_path / "index.html").write_text("<script>first()</script><script src='/x.js'></script>", encoding="utf-8")
    (tmp_path / "held" / "index.html").write_text("<script type='module'>\nsecond()\n</script>", encoding="utf-8")
    return tmp_path


def test_only_the_inline_scripts_of_the_bundle_may_run(bundle: Path) -> None:
    expected = {
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
        for script in ("first()", "\nsecond()\n")
    }
    assert set(script_hashes(bundle)) == expected


def test_the_content_policy_allows_no_eval_no_frame_and_nothing_from_elsewhere(bundle: Path) -> None:
    rules = dict(rule.split(" ", 1) for rule in content_policy(bundle).split("; "))
    assert rules["default-src"] == "'self'"
    assert "unsafe" not in rules["script-src"]
    assert (rules["frame-ancestors"], rules["object-src"], rules["base-uri"]) == ("'none'", "'none'", "'none'")
    assert rules["connect-src"] == "'self'"
    assert "http" not in content_policy(bundle)


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/assets/entry-1a2b.js", "public, max-age=31536000, immutable"),
        ("/fonts/geist.woff2", "public, max-age=31536000, immutable"),
        ("/css/tokens.css", "no-cache"),
        ("/held", "no-store"),
        ("/documents/1", "no-store"),
    ],
)
def test_every_answer_carries_the_headers_and_pages_are_never_kept(bundle: Path, path: str, cache: str) -> None:
    headers = get(security_headers(bundle)(page), path).headers
    assert headers["cache-control"] == cache
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"] == content_policy(bundle)


def test_a_request_that_fails_answers_with_a_reference_and_no_details(caplog: pytest.LogCaptureFixture) -> None:
    answer = get(error_pages(broken), "/held")
    assert answer.status_code == 500
    assert "swordfish" not in answer.text
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == 1
    reference = logged[0].getMessage().rsplit(" ", 1)[1]
    assert reference in answer.text


def test_two_failures_have_two_references() -> None:
    assert explain(RuntimeError("x")) != explain(RuntimeError("x"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("{'cookie': 'holdfast_session=abc', 'host': 'x'}", "{'cookie': '***', 'host': 'x'}"),
        ("{'Cookie': \"a='b'\", 'n': 1}", "{'Cookie': \"***\", 'n': 1}"),
        ("{'authorization': 'Bearer hf_x'}", "{'authorization': '***'}"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_cookies_and_bearer_tokens_never_reach_the_log(text: str, masked: str) -> None:
    assert mask(text) == masked
    record = logging.LogRecord("x", logging.ERROR, "", 0, "unknown event %s", (text,), None)
    assert MaskSecrets().filter(record) is True
    assert record.getMessage() == f"unknown event {masked}"
