"""A database that went back is noticed although nobody said so, once, and nothing else is taken for it."""

from pathlib import Path

import pytest

from backend import settings
from backend.services import restore_watch
from backend.services.restore_watch import lost
from backend.store import marker
from backend.store.marker import Seen
from tests.backup import Backups, backups
from tests.conftest import Database

__all__ = ["backups"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use(tmp_path, monkeypatch)
    return tmp_path


def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(folder))
    settings.current.cache_clear()


def epochs(database: Database) -> list[tuple[object, ...]]:
    return database.execute("select epoch, paused_at is not null from sending")


def test_a_database_that_goes_on_is_left_alone(database: Database, folder: Path) -> None:
    assert [restore_watch.look() for _ in range(3)] == [False] * 3
    ((name, pulse),) = database.execute("select installation, pulse from sending")
    seen = marker.read(folder)[name]
    assert (seen.pulse, seen.epoch) == (pulse, 0) == (3, 0)
    assert seen.system.isdigit()
    assert seen.timeline >= 1
    assert epochs(database) == [(0, False)]


def test_one_that_went_back_pauses_sending_once(database: Database, backups: Backups, folder: Path) -> None:
    restore_watch.look()
    copy = backups.take()
    for _ in range(3):
        restore_watch.look()
    backups.restore(copy)

    assert restore_watch.look() is True
    assert epochs(database) == [(1, True)]
    assert database.execute("select action, reason from audit") == [
        ("restored", "noticed by Holdfast: the database is older than this machine knows it")
    ]
    assert [restore_watch.look() for _ in range(3)] == [False] * 3
    assert epochs(database) == [(1, True)]


def test_another_machine_does_not_notice_the_same_restore_again(
    database: Database, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for home in (one, two):
        home.mkdir()
    use(one, monkeypatch)
    restore_watch.look()
    copy = backups.take()
    for home in (one, two, one, two):
        use(home, monkeypatch)
        restore_watch.look()
    backups.restore(copy)

    use(two, monkeypatch)
    assert restore_watch.look() is True
    use(one, monkeypatch)
    assert restore_watch.look() is False
    assert epochs(database) == [(1, True)]


def test_a_backup_from_before_an_earlier_restore_is_noticed_as_well(
    database: Database, backups: Backups, folder: Path
) -> None:
    restore_watch.look()
    copy = backups.take()
    for _ in range(2):
        for _ in range(3):
            restore_watch.look()
        backups.restore(copy)
        assert restore_watch.look() is True
    assert epochs(database) == [(2, True)]


def test_another_database_in_the_same_data_folder_is_a_stranger(database: Database, folder: Path) -> None:
    for _ in range(5):
        restore_watch.look()
    database.execute("update sending set installation = 'another', pulse = 0")
    assert restore_watch.look() is False
    assert set(marker.read(folder)) >= {"another"}


def test_a_mark_that_cannot_be_read_is_no_mark(database: Database, folder: Path) -> None:
    (folder / marker.NAME).write_text("{torn")
    assert restore_watch.look() is False
    assert len(marker.read(folder)) == 1


@pytest.mark.parametrize(
    ("known", "now", "noticed"),
    [
        (Seen(5, 0, "a", 1), Seen(6, 0, "a", 1), False),
        (Seen(5, 0, "a", 1), Seen(5, 0, "a", 1), False),
        (Seen(5, 0, "a", 1), Seen(4, 0, "a", 1), True),
        (Seen(5, 0, "a", 1), Seen(6, 0, "a", 2), True),  # recovered to a point in time, or a standby took over
        (Seen(5, 0, "a", 1), Seen(6, 0, "b", 2), False),  # moved to another server with everything in it
        (Seen(5, 0, "", 0), Seen(6, 0, "a", 3), False),
        (Seen(5, 1, "a", 1), Seen(9, 0, "a", 1), True),
        (Seen(5, 0, "a", 1), Seen(1, 1, "a", 2), False),  # somebody has said so already
    ],
)
def test_what_counts_as_gone_back(known: Seen, now: Seen, noticed: bool) -> None:
    assert bool(lost(known, now)) is noticed
