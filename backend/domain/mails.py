"""The words of every mail: plain text and a simple HTML form of the same, without images or remote parts."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Words:
    """A mail's subject, its paragraphs, an optional table of (left, right) rows, and an optional link (label, address)."""

    subject: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None


def as_text(words: Words, shop: str) -> str:
    parts = list(words.paragraphs)
    if words.rows:
        width = max(len(left) for left, _ in words.rows)
        parts.append("\n".join(f"{left.ljust(width)}  {right}" for left, right in words.rows))
    if words.link is not None:
        parts.append(f"{words.link[0]}: {words.link[1]}")
    return "\n\n".join([*parts, f"-- \n{shop}"]) + "\n"


def as_html(words: Words, shop: str) -> str:
    """Everything is escaped: names and notes come from outside."""
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in words.paragraphs)
    if words.rows:
        rows = "".join(
            f'<tr><td style="padding:4px 24px 4px 0">{escape(left)}</td>'
            f'<td style="padding:4px 0;text-align:right">{escape(right)}</td></tr>'
            for left, right in words.rows
        )
        body += f'<table style="border-collapse:collapse;font-size:15px">{rows}</table>'
    if words.link is not None and words.link[1].startswith(("https://", "http://")):
        body += (
            f'<p><a href="{escape(words.link[1], quote=True)}" style="display:inline-block;background:#0f5c55;color:#fff;'
            f'padding:10px 18px;border-radius:6px;text-decoration:none">{escape(words.link[0])}</a></p>'
        )
    return (
        '<!doctype html><html><body style="font:15px/1.5 system-ui,sans-serif;color:#1c2423;max-width:36rem;margin:2rem auto">'
        f'{body}<p style="color:#5d6b69;margin-top:2rem">{escape(shop)}</p></body></html>'
    )


def confirmation(name: str, shop_number: str, rows: tuple[tuple[str, str], ...], *, paid: bool) -> Words:
    """`paid` tells whether the money is here; orders on terms go on without it."""
    now = "We have your payment and are getting it ready." if paid else "We are getting it ready."
    return Words(
        f"Your order {shop_number} is confirmed",
        (f"Hello {name},", f"thank you for your order {shop_number}. {now}"),
        rows,
    )


def staff_confirmation(
    number: str, channel: str, rows: tuple[tuple[str, str], ...], address: str, *, paid: bool
) -> Words:
    state = "is paid" if paid else "goes on without payment"
    return Words(
        f"{number} confirmed",
        (f"{number} from {channel} {state} and is on its way to packing.",),
        rows,
        ("Open it", address),
    )


def payment_link(name: str, shop_number: str, amount: str, pay_url: str) -> Words:
    return Words(
        f"Please pay your order {shop_number}",
        (
            f"Hello {name},",
            f"your order {shop_number} over {amount} waits for your payment. We ship as soon as it is here.",
        ),
        (),
        ("Pay now", pay_url) if pay_url else None,
    )


def payment_action(name: str, shop_number: str, amount: str, link: str) -> Words:
    return Words(
        f"Please confirm the payment of your order {shop_number}",
        (
            f"Hello {name},",
            f"your bank asks you to confirm the payment of {amount} for your order {shop_number}. Nothing is charged"
            " before you do. We ship as soon as it is confirmed.",
        ),
        (),
        ("Confirm the payment", link),
    )


def invoice(name: str, shop_number: str, invoice_number: str) -> Words:
    return Words(
        f"Invoice {invoice_number} for your order {shop_number}",
        (f"Hello {name},", f"attached is invoice {invoice_number} for your order {shop_number}."),
    )


def credit_note(name: str, shop_number: str, credit_note_number: str, amount: str) -> Words:
    return Words(
        f"Credit note {credit_note_number} for your order {shop_number}",
        (
            f"Hello {name},",
            f"attached is credit note {credit_note_number} over {amount} for your order {shop_number}.",
        ),
    )


def shipped(name: str, shop_number: str, carrier: str, tracking_number: str, tracking_url: str) -> Words:
    return Words(
        f"Your order {shop_number} is on its way",
        (f"Hello {name},", f"{carrier or 'the carrier'} has your parcel. Its tracking number is {tracking_number}."),
        (),
        ("Track your parcel", tracking_url) if tracking_url else None,
    )


def delivered(name: str, shop_number: str) -> Words:
    return Words(
        f"Your order {shop_number} has been delivered",
        (f"Hello {name},", f"your order {shop_number} has been delivered. We hope you enjoy it."),
    )


def refunded(name: str, shop_number: str, amount: str) -> Words:
    return Words(
        f"Refund for your order {shop_number}",
        (
            f"Hello {name},",
            f"we have paid back {amount} for your order {shop_number}. It may take a few days to appear on your account.",
        ),
    )


def cancelled(name: str, shop_number: str, refund: str) -> Words:
    paid_back = f" We have paid back {refund}." if refund else ""
    return Words(
        f"Your order {shop_number} is cancelled",
        (f"Hello {name},", f"your order {shop_number} has been cancelled.{paid_back}"),
    )


def staff_alert(number: str, title: str, reason: str, advice: str, amount: str, address: str) -> Words:
    return Words(
        f"Held: {number} – {title}",
        (f"{number} ({amount}) is held: {title}.", reason, f"What to do: {advice}"),
        (),
        ("Open it", address),
    )


def finance_alert(number: str, title: str, text: str, address: str) -> Words:
    return Words(f"Finance: {number} – {title}", (text,), (), ("Open it", address))


def mention(number: str, author: str, address: str) -> Words:
    """To a colleague. What the note says stays in Holdfast: it may be about the customer."""
    return Words(
        f"{author} mentions you on {number}",
        (
            f"{author} mentions you in a note on order {number}.",
            "You get this mail because you had not seen it in Holdfast. Your settings there turn such mails off.",
        ),
        (),
        ("Read the note", address),
    )


def incident(title: str, since: str, address: str) -> Words:
    """`since` is the moment it began, as people read it."""
    return Words(
        f"Incident: {title}",
        (
            title,
            f"It began at {since}. Orders that need it wait; no try of theirs is used up, and nothing is lost.",
            "What to do: see the provider's status page. You will get no further mail about this incident.",
        ),
        (),
        ("Open Holdfast", address),
    )
