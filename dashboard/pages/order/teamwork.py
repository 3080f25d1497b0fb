"""The strip above a held order: whose it is, whose turn, how it stands, who else looks, and the acts that share it."""

import reflex as rx

from dashboard.components.teamwork import TURNS, assignee_mark, due_mark, turn_mark
from dashboard.pages.order.dialog import choices as last_buttons
from dashboard.pages.order.dialog import hidden
from dashboard.pages.order.snooze_choices import Choice
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.team_notes_present import Person
from dashboard.pages.order.teamwork_state import ASSIGN, SNOOZE, TeamState

_work = TeamState.work


def team_strip() -> rx.Component:
    """What colleagues share about the shown order; nothing while another one is being fetched."""
    mine = TeamState.number == OrderState.head.number
    return rx.el.section(
        rx.cond(
            mine & _work.held,
            rx.fragment(_away(), _strip()),
            rx.cond(mine & (_work.viewers != ""), rx.el.p(_viewers(), class_name="team-line"), rx.fragment()),
        ),
        _assign_dialog(),
        _snooze_dialog(),
        class_name="team",
        aria_label="Who works on it",
    )


def _viewers() -> rx.Component:
    return rx.el.span(
        rx.icon("eye", aria_hidden="true"),
        _work.viewers,
        rx.cond(_work.viewers.contains(" and "), " look", " looks"),
        " at it now",
        class_name="looking",
        role="status",
        custom_attrs={"data-testid": "also-here"},
    )


def _away() -> rx.Component:
    """That it is snoozed, or why it is back."""
    snoozed = rx.el.p(
        rx.icon("alarm-clock", aria_hidden="true"),
        rx.el.span("Snoozed ", _work.snooze, custom_attrs={"data-testid": "snoozed"}),
        rx.cond(
            TeamState.may_share,
            rx.el.button(
                "Bring it back",
                type="button",
                class_name="quiet",
                on_click=TeamState.bring_back(TeamState.number, _work.version),
                custom_attrs={"data-testid": "unsnooze"},
            ),
            rx.fragment(),
        ),
        class_name="away",
    )
    back = rx.el.p(
        rx.icon("alarm-clock-check", aria_hidden="true"),
        _work.woken,
        class_name="away back",
        custom_attrs={"data-testid": "woken"},
    )
    return rx.cond(_work.snoozed, snoozed, rx.cond(_work.woken != "", back, rx.fragment()))


def _strip() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            assignee_mark(name=_work.assignee, letters=_work.initials, mine=_work.mine, hint=_work.assigned),
            rx.el.span(
                rx.el.strong(rx.cond(_work.mine, "You", rx.cond(_work.assignee != "", _work.assignee, "Nobody yet"))),
                rx.cond(_work.assignee != "", rx.el.small(_work.assigned, class_name="muted"), rx.fragment()),
                class_name="whose",
                custom_attrs={"data-testid": "whose"},
            ),
            class_name="who-has-it",
        ),
        turn_mark(turn=_work.turn, word=_work.turn_word, hint=_work.turn_hint),
        due_mark(bucket=_work.bucket, word=_work.bucket_word, due=_work.due, hint=_work.due_hint),
        rx.cond(_work.viewers != "", _viewers(), rx.fragment()),
        rx.cond(TeamState.may_share, _acts(), rx.fragment()),
        class_name="team-line",
        custom_attrs={"data-testid": "team"},
    )


def _acts() -> rx.Component:
    number, version = TeamState.number, _work.version
    return rx.el.div(
        rx.cond(
            _work.mine,
            _act("Let go", "let-go", TeamState.let_go(number, version)),
            rx.cond(_work.assignee == "", _act("Claim", "claim", TeamState.claim(number), "m"), rx.fragment()),
        ),
        _act("Assign…", "assign", TeamState.ask_assign(number), "g"),
        rx.cond(_work.snoozed, rx.fragment(), _act("Snooze…", "snooze", TeamState.ask_snooze(number), "s")),
        _turn_choice(),
        class_name="acts",
    )


def _act(label: str, name: str, event, key: str = "") -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        class_name="button small",
        on_click=event,
        custom_attrs={"data-testid": name} | ({"data-key": key} if key else {}),
    )


def _turn_choice() -> rx.Component:
    """Say whose turn it is; the first choice leaves it to the facts."""
    return rx.el.label(
        rx.el.span("Whose turn it is", class_name="sr"),
        rx.el.select(
            rx.el.option("Turn: automatic", value=""),
            *[rx.el.option(word, value=turn.value) for turn, word in TURNS.items()],
            value=rx.cond(_work.by_hand, _work.turn, ""),
            disabled=_work.snoozed,
            on_change=lambda turn: TeamState.say_turn(TeamState.number, turn, _work.version),
            custom_attrs={"data-testid": "turn-choice"},
        ),
    )


def _dialog(name: str, title: str, content: rx.Component, verb: str, on_submit) -> rx.Component:
    inside = rx.el.form(
        hidden(number=TeamState.number, version=_work.version.to_string()),
        rx.el.h2(title, id=f"{name}-title"),
        content,
        last_buttons("Cancel", verb, TeamState.close_team, running=False, possible=True),
        on_submit=on_submit,
        class_name="inside",
    )
    open_now = TeamState.dialog == name
    return rx.el.dialog(
        rx.cond(open_now, inside, rx.fragment()),
        aria_labelledby=f"{name}-title",
        custom_attrs={"data-open": rx.cond(open_now, "true", "false"), "data-testid": f"{name}-dialog"},
    )


def _assign_dialog() -> rx.Component:
    who = rx.el.div(
        rx.el.label("Give it to", html_for="assign-person"),
        rx.el.select(
            rx.foreach(TeamState.people, _candidate),
            id="assign-person",
            name="person",
            custom_attrs={"data-testid": "assign-person"},
        ),
        rx.el.p("They are told, and it stays theirs until somebody changes it.", class_name="muted"),
        class_name="stack tight",
    )
    return _dialog(ASSIGN, "Assign this order", who, "Assign", TeamState.give)


def _candidate(person: rx.Var[Person]) -> rx.Component:
    return rx.cond(
        person.may,
        rx.el.option(rx.cond(person.me, "Me: ", ""), person.label, value=person.id.to_string()),
        rx.fragment(),
    )


def _snooze_dialog() -> rx.Component:
    until = rx.el.fieldset(
        rx.el.legend("It leaves the queue and comes back by itself, also when its holds change.", class_name="soft"),
        rx.foreach(TeamState.choices, _choice),
        rx.el.label(
            rx.el.input(
                type="radio", name="until", value="own", required=True, custom_attrs={"data-testid": "snooze-own"}
            ),
            rx.el.span("Until a date and time of your own"),
            class_name="tick",
        ),
        rx.el.label(
            rx.el.span("Date and time. With any other choice: when it comes back at the latest"),
            rx.el.input(
                type="datetime-local", name="own", class_name="field", custom_attrs={"data-testid": "snooze-moment"}
            ),
            class_name="latest",
        ),
        class_name="ways",
    )
    return _dialog(SNOOZE, "Snooze this order", until, "Snooze", TeamState.put_away)


def _choice(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="until",
            value=choice.value,
            required=True,
            custom_attrs={"data-testid": "snooze-" + choice.value},
        ),
        rx.el.span(choice.label, " ", rx.el.span(choice.hint, class_name="muted")),
        key=choice.value,
        class_name="tick",
    )
