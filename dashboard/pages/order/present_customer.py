"""From a customer's facts to what the order's page shows of them."""

from backend.domain.order_page import CustomerTab
from dashboard.components.money import money
from dashboard.components.times import day, moment
from dashboard.components.words import count, word
from dashboard.pages.order.cards import Contact, OtherCard


def contact(tab: CustomerTab) -> Contact:
    return Contact(
        name=tab.name,
        email=tab.email,
        phone=tab.phone,
        since=day(tab.since),
        orders=count(tab.orders, "order"),
        spent=" · ".join(money(sum_.amount_minor, sum_.currency) for sum_ in tab.spent) or "nothing yet",
        returned=count(tab.returned, "order") if tab.returned else "none",
        held=count(tab.held, "order") if tab.held else "none",
    )


def others(tab: CustomerTab) -> list[OtherCard]:
    return [
        OtherCard(
            number=other.number,
            channel=word(other.channel),
            status=other.status,
            status_word=word(other.status),
            held=other.held,
            total=money(other.total_minor, other.currency),
            placed=moment(other.placed_at),
        )
        for other in tab.others
    ]
