"""Which events there are, and what each needs."""

from reflex_base.registry import RegistrationContext

from backend.domain.permissions import Area, Level
from dashboard.dashboard import app
from dashboard.shell.guard import FRAMEWORK_HANDLERS
from dashboard.shell.needs import need_of

assert app  # the registry is filled by importing the app

CHANGING = {
    "ask_again": (Area.MONEY, Level.ACT),
    "ask_assign": (Area.HOLDS, Level.ACT),
    "ask_cancel": (Area.ORDERS, Level.ACT),
    "ask_end": (Area.SETTINGS, Level.ACT),
    "ask_fix": (Area.HOLDS, Level.ACT),
    "ask_go": (Area.INTEGRATIONS, Level.ACT),
    "ask_hold": (Area.HOLDS, Level.ACT),
    "ask_orders": (Area.MONEY, Level.ACT),
    "ask_refund": (Area.MONEY, Level.ACT),
    "ask_search": (Area.MONEY, Level.ACT),
    "ask_snooze": (Area.HOLDS, Level.ACT),
    "ask_step": (Area.ORDERS, Level.ACT),
    "ask_stop": (Area.HOLDS, Level.ACT),
    "begin_to_decline": (Area.MONEY, Level.ACT),
    "bring_back": (Area.HOLDS, Level.ACT),
    "choose": (Area.MONEY, Level.ACT),
    "choose_action": (Area.MONEY, Level.ACT),
    "choose_option": (Area.MONEY, Level.ACT),
    "choose_restock": (Area.ORDERS, Level.ACT),
    "choose_return": (Area.MONEY, Level.ACT),
    "claim": (Area.HOLDS, Level.ACT),
    "confirm": (Area.ORDERS, Level.ACT),
    "correct": (Area.HOLDS, Level.ACT),
    "decide": (Area.MONEY, Level.ACT),
    "edit_note": (Area.ORDERS, Level.ACT),
    "end_for": (Area.SETTINGS, Level.ACT),
    "give": (Area.HOLDS, Level.ACT),
    "go": (Area.INTEGRATIONS, Level.ACT),
    "let_go": (Area.HOLDS, Level.ACT),
    "pause_run": (Area.MONEY, Level.ACT),
    "pay_back": (Area.MONEY, Level.ACT),
    "put_away": (Area.HOLDS, Level.ACT),
    "replay_all": (Area.QUARANTINE, Level.ACT),
    "resume_run": (Area.MONEY, Level.ACT),
    "save_note": (Area.ORDERS, Level.ACT),
    "say_turn": (Area.HOLDS, Level.ACT),
    "settle_message": (Area.QUARANTINE, Level.ACT),
    "start_run": (Area.MONEY, Level.ACT),
    "stop_run": (Area.MONEY, Level.ACT),
    "type_in": (Area.HOLDS, Level.ACT),
    "write_note": (Area.ORDERS, Level.ACT),
}


def ours() -> dict[str, object]:
    registered = RegistrationContext.ensure_context().event_handlers
    return {
        name: entry.handler.fn
        for name, entry in registered.items()
        if entry.handler.fn.__module__.startswith("dashboard")
    }


def test_every_handler_of_ours_declares_what_it_needs() -> None:
    assert [name for name, handler in ours().items() if need_of(handler) is None] == []


def test_the_inventory_finds_our_handlers() -> None:
    assert {name.rsplit(".", 1)[1] for name in ours()} >= {"load", "follow", "confirm", "find", "dismiss", "search"}


def test_what_changes_an_order_needs_the_right_to_act() -> None:
    acting = {name.rsplit(".", 1)[1]: need_of(handler) for name, handler in ours().items()}
    assert {name: acting[name] for name in CHANGING} == CHANGING


def test_clicks_made_while_offline_are_not_replayed() -> None:
    registered = RegistrationContext.ensure_context().event_handlers
    writing = (
        "bring_back",
        "change_password",
        "claim",
        "confirm",
        "correct",
        "decide",
        "end_for",
        "end_session",
        "give",
        "go",
        "keep_theme",
        "let_go",
        "pause_run",
        "replay_all",
        "settle_message",
        "pay_back",
        "prefer",
        "put_away",
        "rename",
        "resume_run",
        "save_note",
        "say_turn",
        "start_run",
        "stop_run",
        "write_note",
    )
    named = [(name.rsplit(".", 1)[1], entry.handler) for name, entry in registered.items()]
    found = [(name, handler.event_actions.get("temporal")) for name, handler in named if name in writing]
    assert {name for name, _ in found} == set(writing)
    assert [name for name, temporal in found if temporal is not True] == []


def test_the_framework_handlers_that_need_no_session_exist_under_their_names() -> None:
    registered = RegistrationContext.ensure_context().event_handlers
    known = {entry.handler.fn.__name__ for entry in registered.values()}
    assert FRAMEWORK_HANDLERS - known == set()
