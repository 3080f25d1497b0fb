"""The children of `up`, started for real."""

import io
import socket
from collections.abc import Iterator

import pytest
from rich.console import Console

from backend import settings
from backend.installation.addresses import free_port
from backend.installation.home import Home
from backend.installation.practice import Practice
from backend.installation.product import Product
from backend.installation.report import Report
from backend.installation.stopping import StopRequest


@pytest.fixture
def product(home: Home) -> Iterator[Product]:
    product = Product(home, Report(Console(file=io.StringIO())), StopRequest())
    yield product
    product.stop_all()


def test_a_sandbox_on_free_ports_comes_up(product: Product, home: Home) -> None:
    practice = Practice.of(home)
    child = product.add("sandbox", "backend.sandbox", practice.own_environment(settings.current(), orders_per_minute=0))

    assert product.comes_up(child, practice.port)


def test_a_sandbox_whose_port_somebody_took_is_not_mistaken_for_theirs(product: Product, home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        practice = Practice.at(home, somebody.getsockname()[1], free_port(3600))
        given = practice.own_environment(settings.current(), orders_per_minute=0)
        child = product.add("sandbox", "backend.sandbox", given)

        assert not product.comes_up(child, practice.port)

    product.remove(child)
    assert home.log_of("sandbox").read_text().endswith("but that port is already in use.\n")


def test_a_port_that_is_taken_or_not_wanted_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        first = free_port(taken)

        assert first > taken
        assert free_port(taken, not_these=frozenset({first})) > first
