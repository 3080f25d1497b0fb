"""Keys for personal data are made once and never again."""

from uuid import UUID

import pytest

from backend.domain.errors import ConfigurationError
from backend.installation import keys
from backend.installation.home import Home
from backend.store.personal import Keyring

ROW = UUID(int=7)


def test_fresh_keys_differ_and_are_what_the_settings_take() -> None:
    first, second = keys.fresh(), keys.fresh()

    ring = Keyring.parse(first.encryption_keys, first.index_key)
    assert ring.open("t", "c", ROW, ring.seal("t", "c", ROW, "Ada")) == "Ada"
    assert len({first.encryption_keys, second.encryption_keys, first.index_key, second.index_key}) == 4


def test_a_folder_keeps_its_keys(home: Home) -> None:
    made = keys.kept_or_made(home)

    assert keys.kept_or_made(home) == made


def test_lost_keys_are_not_replaced_when_there_is_data_under_them(home: Home) -> None:
    (home.postgres / "data").mkdir(parents=True)

    with pytest.raises(ConfigurationError, match=r"keys\.json is missing"):
        keys.kept_or_made(home)

    assert not home.keys.exists()


@pytest.mark.parametrize("content", ["", "{", '{"other": 1}'])
def test_damaged_keys_are_not_replaced(home: Home, content: str) -> None:
    home.keys.write_text(content)

    with pytest.raises(ConfigurationError, match=r"keys\.json is damaged"):
        keys.kept_or_made(home)

    assert home.keys.read_text() == content
