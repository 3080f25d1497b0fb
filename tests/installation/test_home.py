"""The data folder: private, and used by one `up` at a time."""

import json
import stat

import pytest

from backend.installation.home import AlreadyRunning, Home, write_private


def test_a_second_up_in_the_same_folder_is_refused_until_the_first_has_gone(home: Home) -> None:
    with home.alone():
        assert home.up_is_running()
        with pytest.raises(AlreadyRunning, match="already runs with the data folder"), Home(home.path).alone():
            pytest.fail("two at once")

    assert not home.up_is_running()
    with Home(home.path).alone():
        assert home.up_is_running()


def test_asking_whether_up_runs_does_not_keep_it_from_starting(home: Home) -> None:
    assert not home.up_is_running()

    with home.alone():
        assert home.up_is_running()


def test_others_cannot_look_into_the_folder_and_not_read_what_is_private(home: Home) -> None:
    write_private(home.keys, {"a": 1})

    assert stat.S_IMODE(home.path.stat().st_mode) & 0o066 == 0
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o600
    assert json.loads(home.keys.read_text()) == {"a": 1}


def test_writing_replaces_the_file_whole(home: Home) -> None:
    write_private(home.keys, {"a": "long " * 100})
    write_private(home.keys, {"b": 2})

    assert json.loads(home.keys.read_text()) == {"b": 2}
    assert [path.name for path in home.path.glob("keys*")] == ["keys.json"]
