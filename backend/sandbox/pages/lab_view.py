"""What the failure lab looks like: the front page, and one order with its clock, its faults and the menu of faults."""

import html

from backend.sandbox.fault_kinds import KINDS, Group, Kind
from backend.sandbox.faults import OPERATIONS, operations_for
from backend.sandbox.layout import table
from backend.sandbox.money import to_text
from backend.sandbox.pages import lab_orders
from backend.sandbox.pages.lab_orders import NEXT
from backend.sandbox.shop.counter import CHANNELS, STATUSES
from backend.sandbox.shop.troubles import SENTENCES, TROUBLES
from backend.sandbox.store import Document
from backend.sandbox.world import World

SHOWN = 25
STEPS: dict[str, tuple[int | None, str]] = {
    "1m": (60, "+1 min"),
    "10m": (600, "+10 min"),
    "1h": (3_600, "+1 h"),
    "1d": (86_400, "+1 day"),
    "now": (None, "Everything due now"),
}
NAMES = {
    "stripe": "Stripe",
    "shopify": "Shopify",
    "invoiceninja": "Invoice Ninja",
    "shipengine": "ShipEngine",
    "razorpay": "Razorpay",
    "easypost": "EasyPost",
    "smtp": "Mail server",
    "shop": "The shop's own webhooks",
}


def message(text: str, good: bool) -> str:
    """What came of the last click."""
    return f'<p class="said {"good" if good else "bad"}" role=status data-testid=said>{html.escape(text)}</p>'


def front(world: World, *, can_move: bool) -> str:
    """Search, the newest orders, the clock for all."""
    waiting = len(lab_orders.faults_of(world, NEXT))
    prepared = f" ({waiting} prepared)" if waiting else ""
    return (
        "<p>Choose an order, choose what is to go wrong for it and where, and see what Holdfast makes of it. Or prepare "
        "an order that meets its faults from the first call on.</p>"
        "<div class=row><form action=/lab/find class=row><label>Order: the shop's number, ours, or any id of it"
        "<input name=q required autocomplete=off data-testid=lab-search></label><button>Find</button></form>"
        f"<a class=button href=/lab/orders/{NEXT} data-testid=lab-next>Prepare a new order{prepared}</a></div>"
        f"<h2>Newest orders</h2>{_orders(world)}"
        f"<h2>Clock of all orders</h2>{_clock('', can_move)}"
    )


def _orders(world: World) -> str:
    rows = []
    last = {entry["external_order"]: _effect(entry) for entry in world.store.all("journal").values()}
    for order in lab_orders.newest(world, SHOWN):
        order_id = str(order["id"])
        faults, strikes = lab_orders.faults_of(world, order_id), lab_orders.strikes_on(world, order_id)
        rows.append(
            [
                f'<a href="/lab/orders/{html.escape(order_id)}">{html.escape(str(order.get("name")))}</a>',
                html.escape(lab_orders.our_number(world, order_id)),
                _moment(str(order.get("created_at", ""))),
                f"{html.escape(str(order['total_price']))} {html.escape(order['currency'])}",
                html.escape(str(order["financial_status"])),
                html.escape(last.get(order_id, "")) or "<span class=soft>nothing yet</span>",
                str(len(faults) or ""),
                str(len(strikes) or ""),
            ]
        )
    headings = ["Order", "In Holdfast", "Placed (UTC)", "Total#", "Payment", "Last effect", "Faults#", "Struck#"]
    return table(headings, rows, empty="No order was placed yet.")


def title(world: World, order_id: str) -> str:
    """The heading of an order's page."""
    if order_id == NEXT:
        return "Prepare a new order"
    return f"Failure lab: order {(lab_orders.order(world, order_id) or {}).get('name')}"


def one(world: World, order_id: str, provider: str, *, can_move: bool) -> str:
    """Everything about one order, or about the one that is prepared."""
    faults = _faults(world, order_id, provider)
    menu = f"<h2 id=menu>Set a fault</h2>{_tabs(order_id, provider)}{_menu(order_id, provider)}"
    if order_id == NEXT:
        return f"{_place()}<h2>Faults it will meet</h2>{faults}{menu}"
    return (
        _head(world, order_id)
        + f"<h2>What was done so far</h2>{_effects(world, order_id)}"
        + f"<h2>Faults of this order</h2>{faults}"
        + f"<h2>Clock of this order</h2>{_clock(order_id, can_move)}"
        + menu
        + f"<h2>Webhooks about it</h2>{_webhooks(world, order_id)}"
        + f"<h2>Faults that struck it</h2>{_strikes(world, order_id)}"
    )


def _head(world: World, order_id: str) -> str:
    order = lab_orders.order(world, order_id) or {}
    number = lab_orders.our_number(world, order_id)
    link = f"{world.config.holdfast_url.rstrip('/')}/orders/{number}"
    ours = f'<a href="{html.escape(link, quote=True)}">{number}</a>' if number else "not known out here yet"
    return (
        f"<p>Id <code>{html.escape(order_id)}</code> · {html.escape(str(order.get('total_price')))} "
        f"{html.escape(str(order.get('currency')))} · {html.escape(str(order.get('financial_status')))} · "
        f"in Holdfast: {ours} · <a href='/lab'>all orders</a></p>"
    )


def _place() -> str:
    def options(values: tuple[str, ...], words: dict[str, str], nothing: str = "") -> str:
        first = f"<option value=''>{nothing}" if nothing else ""
        return first + "".join(f"<option value={v}>{html.escape(words.get(v, v))}" for v in values)

    return (
        "<p>Set its faults below, then place it. They strike from its first webhook on.</p>"
        "<form method=post action=/lab/place class=row>"
        f"<label>comes through<select name=channel>{options(CHANNELS, {})}</select></label>"
        f"<label>payment<select name=status>{options(STATUSES, {}, 'as it falls')}</select></label>"
        f"<label>trouble of its own<select name=trouble>{options(TROUBLES, SENTENCES, 'none')}</select></label>"
        "<button data-testid=lab-place>Place the order</button></form>"
    )


def _clock(order_id: str, can_move: bool) -> str:
    if not can_move:
        return (
            "<p class=soft>Holdfast's clock cannot be moved from here: start both with <code>holdfast up --sandbox</code>"
            ", or give this process SANDBOX_LAB_TOKEN and Holdfast the same HOLDFAST_LAB_TOKEN.</p>"
        )
    buttons = "".join(
        f"<button name=step value={name} class=quiet data-testid=clock-{name}>{words}</button>"
        for name, (_, words) in STEPS.items()
    )
    hidden = f"<input type=hidden name=order value='{html.escape(order_id, quote=True)}'>"
    return (
        "<p class=soft>What waits comes sooner: tries and grace times, leases of dead workers, pauses of providers that "
        "are down; and out here what is accepted late, webhooks and parcels. Nothing else changes.</p>"
        f"<form method=post action=/lab/clock class=row>{hidden}{buttons}</form>"
    )


def _faults(world: World, order_id: str, provider: str) -> str:
    strikes = lab_orders.strikes_on(world, order_id)
    rows = []
    for fault in lab_orders.faults_of(world, order_id):
        last = next((strike["at"] for strike in strikes if strike["fault_id"] == fault["id"]), "")
        rows.append(
            [
                html.escape(f"{NAMES[fault['provider']]} · {fault['operation']}"),
                f"<b>{_name(fault['fault'])}</b>{_variant(fault)}",
                _how_often(fault, last[11:19]),
                _remove(order_id, str(fault["id"]), provider, "Remove"),
            ]
        )
    headings = ["Where", "Fault", "Struck (UTC)", ""]
    shown = table(headings, rows, empty="None: everything works for this order.")
    return shown + (f"<p>{_remove(order_id, 'all', provider, 'Remove all')}" if len(rows) > 1 else "")


def _how_often(fault: Document, last: str) -> str:
    left = "strikes always" if fault["remaining"] is None else f"{fault['remaining']} of {fault['times']} left"
    struck = f"{fault['hits']} ×" if fault["hits"] else "not yet"
    return f"{struck}{f', last {last}' if last else ''}<br><small>{left}</small>"


def _variant(fault: Document) -> str:
    kind = KINDS[fault["fault"]]
    parts = []
    if kind.delay is not None:
        seconds = kind.delay if fault["delay_seconds"] is None else fault["delay_seconds"]
        parts.append(f"{seconds:g} {kind.delay_means}")
    if kind.effect is not None:
        parts.append("it is done" if fault["effect"] else "nothing is done")
    if kind.statuses:
        parts.append(_status(fault["status"]))
    return f"<br><small>{html.escape(', '.join(parts))}</small>" if parts else ""


def _status(status: int) -> str:
    return f"{status} is answered" if status else "no answer"


def _remove(order_id: str, fault_id: str, provider: str, words: str) -> str:
    return (
        f'<form method=post action="/lab/orders/{html.escape(order_id)}/remove">'
        f"<input type=hidden name=provider value={provider}>"
        f"<button class=danger name=id value={fault_id}>{words}</button></form>"
    )


def _tabs(order_id: str, chosen: str) -> str:
    links = "".join(
        f'<a href="/lab/orders/{html.escape(order_id)}?provider={name}#menu"'
        f"{' aria-current=true' if name == chosen else ''} data-testid=tab-{name}>{NAMES[name]}</a>"
        for name in OPERATIONS
    )
    return f"<nav class=tabs aria-label=Providers>{links}</nav>"


def _menu(order_id: str, provider: str) -> str:
    groups = []
    for group in Group:
        kinds = [(name, kind) for name, kind in KINDS.items() if kind.group is group]
        cards = [_card(order_id, provider, name, kind) for name, kind in kinds if operations_for(name, provider)]
        if cards:
            groups.append(f"<h3>{group.value}</h3><div class=menu>{''.join(cards)}</div>")
    return "".join(groups)


def _card(order_id: str, provider: str, name: str, kind: Kind) -> str:
    inputs = _operations(operations_for(name, provider))
    inputs += "<label>times<input name=times value=1 placeholder=always inputmode=numeric></label>"
    if kind.delay is not None:
        inputs += (
            f"<label>{kind.delay_means}<input name=delay_seconds value={kind.delay:g} size=5 inputmode=decimal></label>"
        )
    if kind.effect is not None:
        options = [("yes", "it is done"), ("no", "it is not")]
        chosen = options if kind.effect else options[::-1]
        inputs += _select("effect", "effect", chosen)
    if kind.statuses:
        inputs += _select("status", "answer", [(str(one), str(one or "none")) for one in kind.statuses])
    return (
        f'<form method=post action="/lab/orders/{html.escape(order_id)}/faults" class="card fault">'
        f"<input type=hidden name=provider value={provider}><input type=hidden name=fault value={name}>"
        f"<b class=name>{_name(name)}</b><p>{html.escape(kind.words)}</p>"
        f"<div class=row>{inputs}<button data-testid=set-{name}>Set</button></div></form>"
    )


def _operations(names: list[str]) -> str:
    if len(names) == 1:
        return f"<label>at<span class=only>{names[0]}</span><input type=hidden name=operation value={names[0]}></label>"
    return _select("operation", "at", [*((name, name) for name in names), ("any", "any of these")])


def _select(name: str, label: str, options: list[tuple[str, str]]) -> str:
    shown = "".join(f"<option value={value}>{html.escape(words)}" for value, words in options)
    return f"<label>{label}<select name={name}>{shown}</select></label>"


def _name(kind: str) -> str:
    words = kind.replace("_", " ").replace("5xx", "500").replace("html", "HTML")
    return words[0].upper() + words[1:]


def _effects(world: World, order_id: str) -> str:
    by_provider: dict[str, list[Document]] = {}
    for entry in world.journal.entries(order=order_id):
        by_provider.setdefault(entry["provider"], []).append(entry)
    cards = []
    for provider, entries in by_provider.items():
        lines = "".join(f"<li><small>{entry['at'][11:19]}</small> {html.escape(_effect(entry))}" for entry in entries)
        cards.append(f"<div class=card><b class=name>{NAMES.get(provider, provider)}</b><ul>{lines}</ul></div>")
    return f"<div class=menu>{''.join(cards)}</div>" if cards else "<p class=soft>Nothing was done yet.</p>"


def _effect(entry: Document) -> str:
    happened = str(entry["kind"]).replace(".", " ").replace("_", " ")
    if entry["amount_minor"] is None:
        return happened
    return f"{happened}, {to_text(entry['amount_minor'], entry['currency'])} {entry['currency']}"


def _webhooks(world: World, order_id: str) -> str:
    rows = [
        [
            attempt["at"][11:19],
            html.escape(f"{NAMES.get(attempt['sender'], attempt['sender'])} · {attempt['topic']}"),
            str(attempt["attempt"]),
            str(attempt["status"] or ""),
            html.escape(attempt["problem"] or attempt["outcome"]),
        ]
        for attempt in lab_orders.webhooks_about(world, order_id)[-SHOWN:]
    ]
    headings = ["Time (UTC)", "Webhook", "Try#", "Answer#", "Outcome"]
    return table(headings, rows, empty="None since the sandbox was started.")


def _strikes(world: World, order_id: str) -> str:
    rows = [
        [
            strike["at"][11:19],
            html.escape(f"{NAMES[strike['provider']]} · {strike['operation']}"),
            _name(strike["fault"]),
        ]
        for strike in lab_orders.strikes_on(world, order_id)[:SHOWN]
    ]
    return table(["Time (UTC)", "Where", "Fault"], rows, empty="None since the sandbox was started.")


def _moment(iso: str) -> str:
    return html.escape(iso[:16].replace("T", " "))
