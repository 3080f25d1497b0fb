"""Orders from files: the same checks as webhooks, told order by order, and harmless to repeat."""

import json
from pathlib import Path

import pytest

from backend.domain.errors import InvalidInput, NotFound
from backend.services import imports
from tests.world import World, shopify_order


def verdicts(world: World, path: Path) -> list[str]:
    return [str(receipt.verdict) for _, receipt in imports.import_orders("shopify", path, world.adapters)]


def test_good_orders_are_created_and_bad_ones_kept_with_their_problems(world: World, tmp_path: Path) -> None:
    bad = shopify_order() | {"total_price": "1.00"}
    path = tmp_path / "orders.json"
    path.write_text(json.dumps({"orders": [shopify_order(), bad]}))

    assert verdicts(world, path) == ["accepted", "quarantined"]
    assert world.database.execute("select count(*) from orders") == [(1,)]
    ((problems,),) = world.database.execute("select problems from inbox where verdict = 'quarantined'")
    assert "does not add up" in problems[0]


def test_importing_a_file_again_changes_nothing(world: World, tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join(json.dumps(shopify_order()) for _ in range(3)))

    assert verdicts(world, path) == ["accepted"] * 3
    assert verdicts(world, path) == ["duplicate"] * 3
    assert world.database.execute("select count(*) from orders") == [(3,)]


def test_a_file_that_is_no_json_and_an_unknown_channel_are_refused_whole(world: World, tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_text("number;total\n1;2\n")

    with pytest.raises(InvalidInput, match="is not JSON"):
        verdicts(world, path)
    with pytest.raises(NotFound, match="connected are: "):
        list(imports.import_orders("ebay", path, world.adapters))
    assert world.database.execute("select count(*) from inbox") == [(0,)]
