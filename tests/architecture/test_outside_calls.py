"""While a transaction is open, no provider can be called: the adapters themselves refuse, whoever calls them."""

import pytest

from backend.clock import monotonic
from backend.integrations.http import ProviderClient
from backend.integrations.smtp.mailer import SmtpMailer
from backend.ports.calls import Call, NotSent
from backend.ports.notifications import Mail
from backend.store.db import unit_of_work
from tests.architecture.source import ROOT, Source, calls, sources
from tests.conftest import Database

WAYS_OUT = {
    *(f"httpx.{name}" for name in ("Client", "AsyncClient", "get", "post", "put", "delete", "request", "stream")),
    *(
        "smtplib.SMTP",
        "smtplib.SMTP_SSL",
        "session.connect",
        "socket.create_connection",
        "urlopen",
        "urllib.request.urlopen",
    ),
}
MAIL = Mail("<1@shop.test>", "ada@shop.test", "Hello", "Hello", "<p>Hello</p>", "ORD-20260131-00001")


def call() -> Call:
    return Call(key="k", deadline=monotonic() + 5)


def test_an_http_provider_is_not_called_inside_a_transaction(database: Database) -> None:
    client = ProviderClient("stripe", "http://127.0.0.1:9", headers={})

    with unit_of_work(), pytest.raises(RuntimeError, match="inside a database transaction"):
        client.request(call(), "GET", "/")
    with pytest.raises(NotSent):  # it tries to, and nobody listens there
        client.request(call(), "GET", "/")


def test_a_mail_is_not_sent_inside_a_transaction(database: Database) -> None:
    mailer = SmtpMailer(url="smtp://127.0.0.1:9", sender="shop@shop.test")

    with unit_of_work(), pytest.raises(RuntimeError, match="inside a database transaction"):
        mailer.send(MAIL, call())
    with pytest.raises(NotSent):  # it tries to, and nobody listens there
        mailer.send(MAIL, call())


def test_no_adapter_has_a_way_out_of_its_own() -> None:
    """Everything goes out through these two modules, and they look at the guard."""
    users = {
        source.path
        for source in sources()
        if source.within("backend", "jobs")
        and not source.within("backend/sandbox", "backend/installation", "backend/demo", "backend/bench")
        if any(name in WAYS_OUT for _, name in calls(source.tree))
    }

    assert users == {"backend/integrations/http.py", "backend/integrations/smtp/mailer.py"}
    for name in users:
        assert "assert_outside_calls_allowed()" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["httpx.get('http://x')", "def a():\n    return smtplib.SMTP('x')"])
def test_a_way_out_is_seen(text: str) -> None:
    assert [name for _, name in calls(Source("backend/a.py", text).tree) if name in WAYS_OUT] != []
