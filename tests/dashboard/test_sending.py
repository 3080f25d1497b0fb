"""A pause of sending is on every page, and an administrator ends it there."""

from collections.abc import Callable

from backend.domain.permissions import Role
from backend.services import sending
from backend.services.run import in_unit_of_work
from dashboard.shell.guard import REFUSAL
from dashboard.shell.navigation import FrameState
from dashboard.shell.sending import SendingState
from tests.conftest import Database
from tests.dashboard.conftest import Tab


def test_the_strip_comes_and_goes_and_only_who_may_lets_sending_go_on(
    database: Database, sign_in: Callable[..., str]
) -> None:
    boss, desk = Tab(sign_in(Role.ADMIN, "Ada Boss")), Tab(sign_in(Role.CUSTOMER_SERVICE))
    in_unit_of_work(sending.restored, cause="dump of Monday")
    told = desk.send(FrameState.load)
    pause = told.last("pause")
    assert pause.startswith("Nothing has been sent since ")
    assert "dump of Monday" in pause
    assert [boss.send(FrameState.load).last("may_go"), told.last("may_go")] == [True, False]
    assert REFUSAL in desk.send(SendingState.ask_go).texts()

    going = boss.send(SendingState.ask_go).last("going")
    assert (going.refusal, going.epoch) == ("", 1)
    assert going.effects[0] == "0 steps that wait are carried out, in turns."
    form = {"epoch": str(going.epoch), "token": going.token, "reason": "all looked at"}
    assert REFUSAL in desk.send(SendingState.go, form=form).texts()
    assert database.execute("select paused_at is null from sending") == [(False,)]

    done = boss.send(SendingState.go, form=form)
    assert (done.last("open"), done.texts()) == (False, ["Sending goes on. 0 steps had waited."])
    assert boss.send(SendingState.go, form=form).texts() == []
    assert database.execute("select paused_at is null from sending") == [(True,)]
    assert database.execute("select count(*) from audit where action = 'sending_go'") == [(1,)]


def test_a_form_made_up_by_somebody_lets_nothing_go_on(database: Database, sign_in: Callable[..., str]) -> None:
    boss = Tab(sign_in(Role.ADMIN, "Ada Boss"))
    in_unit_of_work(sending.restored, cause="dump of Monday")
    for form in ({}, {"epoch": "x", "token": "t", "reason": "because"}, {"epoch": "1", "token": "t", "reason": " "}):
        assert len(boss.send(SendingState.go, form=form).texts()) == 1
    assert database.execute("select paused_at is null from sending") == [(False,)]
