"""One measurement of the desk, from an empty folder to its figures."""

import os
from collections.abc import Callable

from backend.bench.desk import browser, desks, shop, site, tour
from backend.bench.desk.result import Result
from backend.bench.desk.wish import Query, Sample, Wish


def measure(wish: Wish, doing: Callable[[str], None]) -> Result:
    """Everything that was wished for. Raises `Invalid` where it cannot be measured."""
    if wish.browser:
        browser.must_be_there()
    with site.running(wish, doing) as running:
        known, before = shop.known(), os.getloadavg()[0]
        held = shop.held_count()
        doing("comparing queries")
        queries: list[Query] = shop.compare(running.database_url, wish.rounds, known)
        samples: list[Sample] = []
        if wish.browser:
            samples = browser.measure(wish, running, lambda tab, rounds: tour.take(tab, rounds, known, doing))
        live = desks.measure(wish, running, doing) if wish.desks else None
        load = (before, os.getloadavg()[0])
        return Result(wish, held, running.loaded, load, tuple(samples), tuple(queries), live)
