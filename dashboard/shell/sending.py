"""While nothing is sent after a restored backup: a strip on every page, and the dialog in which sending is let go on."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from backend.domain.errors import HoldfastError
from backend.domain.permissions import Area, Level
from backend.services import sending
from dashboard.shell import notices
from dashboard.shell.calls import ask
from dashboard.shell.navigation import FrameState
from dashboard.shell.needs import needs

LONGEST_REASON = 500


@dataclass
class Going:
    """What the dialog shows and the click carries back."""

    effects: list[str] = field(default_factory=list)
    epoch: int = 0
    token: str = ""
    refusal: str = ""


class SendingState(rx.State):
    """The dialog, the same on every page."""

    open: bool = False
    running: bool = False
    going: Going = Going()

    @rx.event
    @needs(Area.INTEGRATIONS, Level.ACT)
    async def ask_go(self):
        """Preview what letting sending go on would do."""
        try:
            preview = await ask(sending.preview_go)
        except HoldfastError as error:
            return notices.problem(error.sentence)
        self.going = Going(list(preview.effects), preview.epoch, preview.token, preview.refusal)
        self.running, self.open = False, True
        return None

    @rx.event
    @needs(None)
    async def leave_paused(self):
        self.open = False

    @rx.event(temporal=True)
    @needs(Area.INTEGRATIONS, Level.ACT)
    async def go(self, form: dict[str, Any]):
        """Let sending go on. All that decides comes with the form, so a forgotten tab decides nothing."""
        self.running = True
        yield
        epoch, reason = str(form.get("epoch", "")), str(form.get("reason", "")).strip()[:LONGEST_REASON]
        number = int(epoch) if epoch.isascii() and epoch.isdigit() and len(epoch) < 10 else 0
        try:
            done = await ask(sending.go, epoch=number, token=str(form.get("token", ""))[:64], reason=reason)
        except HoldfastError as error:
            yield notices.problem(error.sentence)
            return
        finally:
            self.running = False
        self.open = False
        if not done.repeated:
            yield notices.done(done.sentence)
        yield FrameState.load


def _go_on() -> rx.Component:
    return rx.el.button(
        "Go on sending…",
        type="button",
        class_name="button",
        on_click=SendingState.ask_go,
        custom_attrs={"data-testid": "go-on-sending"},
    )


def strip() -> rx.Component:
    """Says that nothing is sent; the button is there for who may let it go on, and the guard refuses all others."""
    return rx.el.div(
        rx.cond(
            FrameState.pause != "",
            rx.el.div(
                rx.icon("circle-pause", aria_hidden="true"),
                rx.el.span(FrameState.pause),
                rx.cond(FrameState.may_go, _go_on(), rx.fragment()),
                class_name="strip paused",
                custom_attrs={"data-testid": "sending-paused"},
            ),
            rx.fragment(),
        ),
        _dialog(),
        role="status",
    )


def _dialog() -> rx.Component:
    return rx.el.dialog(
        rx.cond(SendingState.open, _question(), rx.fragment()),
        aria_labelledby="sending-title",
        custom_attrs={"data-open": rx.cond(SendingState.open, "true", "false"), "data-testid": "sending"},
    )


def _question() -> rx.Component:
    going = SendingState.going
    carried = {"epoch": going.epoch.to_string(), "token": going.token}
    return rx.el.form(
        *[rx.el.input(type="hidden", name=name, value=value, read_only=True) for name, value in carried.items()],
        rx.el.h2("Go on sending", id="sending-title"),
        rx.cond(going.refusal != "", rx.el.p(going.refusal, class_name="complaint", role="alert"), _what(going)),
        rx.el.div(
            rx.el.button(
                "Leave it paused",
                type="button",
                class_name="button",
                on_click=SendingState.leave_paused,
                custom_attrs={"data-dismiss": "true", "data-focus": "true", "data-testid": "leave-paused"},
            ),
            rx.cond(
                going.refusal == "",
                rx.el.button(
                    rx.cond(SendingState.running, "Working…", "Go on sending"),
                    type="submit",
                    class_name="button primary",
                    disabled=SendingState.running,
                    custom_attrs={"data-testid": "confirm-sending"},
                ),
                rx.fragment(),
            ),
            class_name="choices",
        ),
        on_submit=SendingState.go,
        class_name="inside",
        key=going.token,
    )


def _what(going: rx.Var[Going]) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h3("What will happen"),
            rx.el.ul(rx.foreach(going.effects, lambda text: rx.el.li(text)), class_name="effects"),
            class_name="stack tight",
            custom_attrs={"data-testid": "sending-effects"},
        ),
        rx.el.div(
            rx.el.label("Reason", html_for="sending-reason"),
            rx.el.textarea(
                id="sending-reason",
                name="reason",
                max_length=LONGEST_REASON,
                required=True,
                min_length=3,
                placeholder="Goes into the audit",
                custom_attrs={"data-testid": "sending-reason"},
            ),
            class_name="stack tight",
        ),
    )
