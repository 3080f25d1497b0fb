"""Campaign E, people: many clicks at once, two people, cut lines, rights that end, a web process that dies under a click."""

import signal
from collections.abc import Callable
from itertools import cycle

from tests.chaos.experiment import Experiment, Field
from tests.chaos.journals import Journals
from tests.chaos.people import Answered, Person, at_once, without_token
from tests.waiting import until

EACH = 10
"""How often each of two people presses at the same instant."""
REFUND = {"amount_minor": 500}


def _captured_orders(field: Field) -> list[str]:
    """Numbers of orders that have come to their end, so that nothing but the clicks moves them."""
    field.driver.place(field.orders)
    until(field.finished, within=90, what="every order has come to an end")
    return [field.site.number_of(serial) for serial in range(1, field.orders + 1)]


def refund_pressed_by_two_at_once(field: Field) -> None:
    """Twenty presses of one refund at the same instant, ten by each of two people who saw the same preview."""
    people = [Person(field.site, field.driver, name) for name in ("Anna Berg", "Ben Falk")]
    for number in _captured_orders(field):
        bodies = [person.look(number, "refund", REFUND) for person in people]
        answers = at_once(
            [
                lambda person=person, body=body, number=number: person.press(number, "refund", body)
                for person, body in zip(people, bodies, strict=True)
                for _ in range(EACH)
            ]
        )
        field.fault(f"{number}: {len(answers)} presses at once", count=len(answers))
        _one_person_won(field, number, [answers[:EACH], answers[EACH:]], people)


def _one_person_won(field: Field, number: str, by_person: list[list[Answered]], people: list[Person]) -> None:
    won = [all(one.status == 200 for one in answers) for answers in by_person]
    field.require(sorted(won) == [False, True], f"{number}: not exactly one person's presses were taken: {by_person}")
    for answers, person in zip(by_person, reversed(people), strict=True):
        for lost in (one for one in answers if one.status != 200):
            told = lost.status == 409 and person.name in lost.detail
            field.require(told, f"{number}: a loser was not told by whom: {without_token(lost)}")


def one_refund_each(field: Field, found: Journals) -> None:
    for order in found.ledger.orders:
        refunds = [one for one in found.ledger.refunds if one["order_id"] == order["id"]]
        paid = [
            one
            for one in found.effects
            if one["kind"] == "payment.refunded" and str(one["external_order"]) == str(order["external_id"])
        ]
        field.require(
            (len(refunds), len(paid)) == (1, 1),
            f"order {order['external_id']}: {len(refunds)} refunds in our books, {len(paid)} at the provider",
        )


def two_clicks_race_on_a_moving_order(field: Field) -> None:
    """Two people click different things at the same instant, while workers bring the order on."""
    people = [Person(field.site, field.driver, name) for name in ("Anna Berg", "Ben Falk")]
    pairs = cycle(
        [("cancel", "refund"), ("cancel", "hold"), ("refund", "refund"), ("hold", "hold"), ("cancel", "cancel")]
    )
    for serial, pair in zip(range(1, field.orders + 1), pairs, strict=False):
        field.driver.place(1, first=serial)
        number = field.site.number_of(serial)
        field.pause(field.chance.uniform(0, 0.6))
        presses = [
            press for person, action in zip(people, pair, strict=True) if (press := _ready(person, number, action))
        ]
        if presses:
            answers = at_once(presses)
            field.fault(f"{number}: {' and '.join(pair)}", count=1)
            for answered in answers:
                clear = answered.status == 200 or (answered.status in (409, 422) and len(answered.detail) > 20)
                field.require(clear, f"{number}: {pair} was answered {without_token(answered)}")
    _release_what_was_held(field, people[0])


def _ready(person: Person, number: str, action: str) -> Callable[[], Answered] | None:
    chosen = {"cancel": {"restock": True}, "refund": REFUND, "hold": {}}[action]
    if action == "hold":
        body = {"reason": "the customer asked to wait"}
        return lambda: person.press(number, "hold", body)
    looked = person.look(number, action, chosen)
    return None if looked is None else lambda: person.press(number, action, looked)


def _release_what_was_held(field: Field, person: Person) -> None:
    """What people held would stand for ever: they let it go, so that every order comes to its end."""
    held = field.site.rows(
        "select o.number, h.id from holds h join orders o on o.id = h.order_id "
        "where h.closed_at is null and h.kind = 'by_staff'"
    )
    for number, hold_id in held:
        for _ in range(20):
            body = person.look(number, "release", {"hold_ids": [hold_id]})
            if body is None or person.press(number, "release", body).status == 200:
                break
            field.pause(0.1)


def line_cut_after_the_click(field: Field) -> None:
    """The line is cut once the click is sent; the person comes back and presses the same button again."""
    person = Person(field.site, field.driver, "Anna Berg")
    for number in _captured_orders(field):
        body = person.look(number, "refund", REFUND)
        assert body is not None
        person.press_and_leave(number, "refund", body)
        field.fault(f"{number}: line cut after the click")
        answered = person.press_until_answered(number, "refund", body)
        field.require(answered.status == 200, f"{number}: the second press was answered {without_token(answered)}")


def rights_end_between_look_and_click(field: Field) -> None:
    """Whoever loses a role or is locked out while a button is on the screen can press it in vain."""
    numbers = _captured_orders(field)
    for turn, number in enumerate(numbers):
        person = Person(field.site, field.driver, f"Leaver {turn}")
        body = person.look(number, "refund", REFUND)
        assert body is not None
        (person.lose_rights if turn % 2 else person.be_locked_out)()
        field.fault(f"{number}: rights taken away")
        answered = person.press(number, "refund", body)
        wanted = 403 if turn % 2 else 401
        field.require(answered.status == wanted, f"{number}: after the rights ended: {without_token(answered)}")


def nothing_was_paid_back(field: Field, found: Journals) -> None:
    field.require(not found.ledger.refunds, "somebody without rights paid money back")


def web_process_dies_under_clicks(field: Field) -> None:
    """The web process is killed while clicks are on their way; each person presses again until there is an answer."""
    person = Person(field.site, field.driver, "Anna Berg")
    numbers = _captured_orders(field)
    with field.site.kept():
        for number in numbers:
            body = _look_until_it_shows(person, number)
            field.driver.each(lambda press: press(), [lambda n=number, b=body: person.press(n, "refund", b)])
            field.pause(field.chance.uniform(0, 0.02))
            field.site.web_process.send_signal(signal.SIGKILL)
            field.fault(f"{number}: web process killed under a click")
            field.driver.wait()
            answered = person.press_until_answered(number, "refund", body)
            field.require(answered.status == 200, f"{number}: in the end it was answered {without_token(answered)}")


def _look_until_it_shows(person: Person, number: str) -> dict[str, object]:
    found: dict[str, object] = {}

    def shown() -> bool:
        body = person.look(number, "refund", REFUND)
        found.update(body or {})
        return body is not None

    until(shown, within=30, what="the preview is shown", every=0.1)
    return found


EXPERIMENTS = [
    Experiment(
        "F41",
        "Refund pressed 20 times at once by two people",
        orders=30,
        minimum=600,
        run=refund_pressed_by_two_at_once,
        judge=one_refund_each,
        short_orders=5,
        short_minimum=100,
    ),
    Experiment(
        "F42",
        "Two clicks race on an order that workers bring on",
        orders=60,
        minimum=40,
        run=two_clicks_race_on_a_moving_order,
    ),
    Experiment(
        "F43",
        "Line cut after the click, pressed again",
        orders=50,
        minimum=50,
        run=line_cut_after_the_click,
        judge=one_refund_each,
    ),
    Experiment(
        "F45",
        "Rights end between look and click",
        orders=10,
        minimum=10,
        run=rights_end_between_look_and_click,
        judge=nothing_was_paid_back,
    ),
    Experiment(
        "F46",
        "Web process killed under a click",
        orders=15,
        minimum=10,
        run=web_process_dies_under_clicks,
        judge=one_refund_each,
    ),
]
