"""The order itself, without the frame around it: on a page of its own, or as a pane beside a list.

Another page mounts it with `order_in_full(pane=True)`, adds `FOLLOW` to the end of its `ON_LOAD`, and says which
order to show with `OrderState.show_order(number)`; see `state`. The dialogs of its clicks come with it.
"""

import reflex as rx

from dashboard.components.states import loaded
from dashboard.pages.order.asked import asked
from dashboard.pages.order.dialog import confirm_dialog
from dashboard.pages.order.fix_dialog import fix_dialog
from dashboard.pages.order.refund_dialog import refund_dialog
from dashboard.pages.order.reveal import reveal_dialog
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.tabs import panel, tab_list
from dashboard.pages.order.teamwork import team_strip
from dashboard.pages.order.teamwork_state import TeamState
from dashboard.pages.order.views import closed_holds, holds, missing, order_head, order_path, waiting

FOLLOW = [OrderState.follow, TeamState.follow]
"""What keeps the shown order current: the order itself, and what colleagues share about it."""


def order_in_full(pane: bool = False) -> rx.Component:
    """The order that `OrderState` shows, or why there is none; as a `pane`, its number is no page heading."""
    whole = rx.fragment(
        order_head(pane),
        team_strip(),
        order_path(),
        holds(),
        asked(),
        closed_holds(),
        tab_list(),
        panel(),
    )
    return rx.el.div(
        rx.cond(
            OrderState.missing != "",
            missing(pane),
            loaded(OrderState.ready, OrderState.problem, whole, waiting()),
        ),
        confirm_dialog(),
        refund_dialog(),
        fix_dialog(),
        reveal_dialog(),
        class_name="order-pane" if pane else "order",
    )
