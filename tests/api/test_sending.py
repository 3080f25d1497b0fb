"""A restored backup is told everywhere, and an administrator's token lets sending go on."""

from backend.domain.permissions import Role
from backend.services import sending
from backend.services.run import in_unit_of_work
from tests.api.client import Client
from tests.api.conftest import Token
from tests.api.test_health import here, numbers, sentences
from tests.conftest import Database

__all__ = ["here"]
SAYS = "Nothing has been sent since "


def pause() -> None:
    in_unit_of_work(sending.restored, cause="dump of Monday")


def test_everybody_sees_that_nothing_is_sent_and_an_administrator_lets_it_go_on(
    client: Client, database: Database, token: Token
) -> None:
    boss, desk = token(Role.ADMIN), token(Role.CUSTOMER_SERVICE)
    assert client.get("/admin/sending", headers=desk).json()["paused"] is False
    pause()

    seen = client.get("/admin/sending", headers=desk).json()
    assert (seen["paused"], seen["cause"], seen["may_go"]) == (True, "dump of Monday", False)
    assert client.get("/admin/sending/go/preview", headers=desk).status_code == 403
    go = {"epoch": 1, "reason": "all looked at"}
    assert client.post("/admin/sending/go", json=go, headers=desk).status_code == 403
    assert database.execute("select paused_at is null from sending") == [(False,)]

    preview = client.get("/admin/sending/go/preview", headers=boss).json()
    counts = {name: preview[name] for name in ("waiting", "asking", "found", "unknown", "epoch", "refusal")}
    assert counts == {"waiting": 0, "asking": 0, "found": 0, "unknown": 0, "epoch": 1, "refusal": ""}
    body = go | {"token": preview["token"]}
    done = client.post("/admin/sending/go", json=body, headers=boss)
    assert (done.status_code, done.json()["repeated"]) == (200, False)
    again = client.post("/admin/sending/go", json=body, headers=boss)
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    assert client.get("/admin/sending", headers=desk).json()["paused"] is False


def test_monitoring_is_told(here: Client) -> None:
    assert numbers(here.get("/metrics"))["holdfast_sending_paused",] == 0
    assert "sending" not in sentences(here.get("/health/ready"))

    pause()

    assert numbers(here.get("/metrics"))["holdfast_sending_paused",] == 1
    answer = here.get("/health/ready")
    assert answer.status_code == 200
    assert sentences(answer)["sending"][1].startswith(SAYS)
