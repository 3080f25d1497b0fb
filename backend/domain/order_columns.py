"""The columns of the orders list: what the screen can show, and how the same is written into an export."""

from backend.domain.columns import Cell, Column, Columns, Voice, moment_column, money_column, text_column, word_column
from backend.domain.order_lists import ListedOrder


def _status(order: ListedOrder, voice: Voice) -> tuple[Cell, ...]:
    return (voice.word(order.status), voice.word("held") if order.held else "")


def _causes(order: ListedOrder, voice: Voice) -> tuple[Cell, ...]:
    return ("; ".join(voice.cause(kind) for kind in order.causes),)


COLUMNS: Columns[ListedOrder] = Columns(
    (
        text_column("number", "Order", lambda order: order.number, usual=True),
        text_column("external", "Number in the shop", lambda order: order.external_number),
        word_column("channel", "Channel", lambda order: order.channel),
        text_column("customer", "Customer", lambda order: order.customer, usual=True),
        text_column("email", "E-mail", lambda order: order.email),
        text_column("phone", "Phone", lambda order: order.phone),
        text_column("country", "Country", lambda order: order.country),
        Column("status", "Status", ("Status", "Held"), _status, usual=True),
        Column("cause", "Why it is held", ("Why it is held",), _causes),
        word_column("payment", "Payment", lambda order: order.payment_status, usual=True),
        word_column("shipping", "Shipping", lambda order: order.shipping_status, usual=True),
        text_column("tracking", "Tracking", lambda order: " ".join(order.tracking)),
        text_column("reference", "Payment reference", lambda order: order.payment_reference),
        text_column("tags", "Tags", lambda order: ", ".join(order.tags)),
        money_column("total", "Total", lambda order: (order.total_minor, order.currency), usual=True),
        moment_column("placed", "Placed", lambda order: order.placed_at, usual=True),
        moment_column("delivered", "Delivered", lambda order: order.delivered_at),
        moment_column("updated", "Last change", lambda order: order.updated_at),
    )
)
