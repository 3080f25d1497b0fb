"""Guessing a password costs what it should, also for accounts that do not exist: other tests hash at the least cost."""

from collections.abc import Iterator

import pytest

from backend.domain.errors import SignInRefused
from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from tests.conftest import Database, Hashing

COST = "$argon2id$v=19$m=65536,t=3,p=4$"
"""64 MiB, three times over: well above what OWASP asks for (19 MiB, twice)."""


@pytest.fixture(autouse=True)
def at_full_cost(real_hashing: Hashing) -> Iterator[None]:
    cheap = Hashing(accounts._hasher, accounts._NOBODY)
    real_hashing.use()
    yield
    cheap.use()


def test_a_password_is_kept_at_full_cost_and_opens_the_door(database: Database) -> None:
    password = "amber lantern over quiet water"
    person = {"email": "sofia@shop.test", "name": "Sofia Marin", "role": Role.ADMIN, "password": password}
    in_unit_of_work(accounts.add_user, **person, actor=SYSTEM)

    ((kept,),) = database.execute("select password_hash from users")
    assert kept.startswith(COST)
    assert accounts.hashed(password).startswith(COST)
    assert accounts.sign_in("sofia@shop.test", password, address="192.0.2.7").token
    with pytest.raises(SignInRefused):
        accounts.sign_in("sofia@shop.test", f"{password}!", address="192.0.2.7")


def test_an_unknown_account_costs_the_same_and_opens_nothing(database: Database) -> None:
    assert accounts._NOBODY.startswith(COST)
    with pytest.raises(SignInRefused):
        accounts.sign_in("nobody@shop.test", "amber lantern over quiet water", address="192.0.2.7")
    assert database.execute("select count(*) from sessions") == [(0,)]
