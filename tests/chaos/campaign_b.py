"""Campaign B, providers: answers lost, refused, late, endless; a provider that is away, or too slow, or cannot be asked."""

from tests.chaos import answers, outages
from tests.chaos.experiment import Experiment

EXPERIMENTS = [
    Experiment(
        "F10",
        "Accepted, then hanging, cut or 500; 503 (F10–F13)",
        orders=60,
        minimum=25,
        run=answers.answers_lost_and_put_off,
        judge=answers.doubts_are_settled_by_asking,
    ),
    Experiment(
        "F15",
        "All providers refuse for 8 s",
        orders=60,
        minimum=1,
        run=outages.providers_are_away,
        judge=outages.few_calls_found_out,
        links=("sandbox",),
        recovery=20,
    ),
    Experiment(
        "F16",
        "Brown-out of the invoicing provider alone",
        orders=40,
        minimum=outages.ENOUGH_SLOW,
        run=outages.invoices_take_their_time,
        judge=outages.nobody_else_is_slower,
        site={"settings": answers.UNHURRIED},
    ),
    Experiment(
        "F19",
        "Labels in doubt, and nobody answers a question",
        orders=13,
        minimum=20,
        run=outages.nobody_can_be_asked,
        judge=outages.every_label_was_asked_for,
        site={"settings": outages.QUICK},
    ),
    Experiment(
        "F20",
        "Refused with a reason, for good",
        orders=15,
        minimum=15,
        run=answers.providers_say_no,
        judge=answers.one_try_and_a_hold,
        short_orders=6,
        short_minimum=6,
        site={"settings": answers.UNHURRIED},
    ),
    Experiment(
        "F21",
        "429 with Retry-After of 2 s",
        orders=15,
        minimum=30,
        run=answers.providers_ask_us_to_wait,
        judge=answers.waited_as_told,
        site={"settings": answers.UNHURRIED},
    ),
    Experiment(
        "F24",
        "Webhooks before, with and after the answers",
        orders=15,
        minimum=40,
        run=answers.webhooks_come_when_they_like,
        judge=answers.all_ended_alike,
    ),
    Experiment(
        "F25",
        "Dripping, endless, redirecting answers",
        orders=18,
        minimum=18,
        run=answers.answers_without_end,
        judge=answers.no_call_outlasts_its_deadline,
    ),
]
