"""The ground that the experiments of a test run share."""

from collections.abc import Iterator

import pytest

from tests.chaos.site import Ground
from tests.nursery import Nursery


@pytest.fixture(scope="session")
def ground(nursery: Nursery) -> Iterator[Ground]:
    with Ground(nursery) as shared:
        yield shared
