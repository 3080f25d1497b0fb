"""One running product per module that asks for it."""

from collections.abc import Iterator

import pytest

from tests.product.stack import Stack, running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("product")) as product:
        yield product
