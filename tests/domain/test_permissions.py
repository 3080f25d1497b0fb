"""Who may do what: the whole matrix, and nobody without a role."""

import itertools

import pytest

from backend.domain.errors import NotAllowed
from backend.domain.permissions import MATRIX, ROLE_NAMES, SYSTEM, Actor, ActorKind, Area, Level, Role, provider_actor

AREAS = [
    Area.ORDERS,
    Area.HOLDS,
    Area.MONEY,
    Area.QUARANTINE,
    Area.METRICS,
    Area.INTEGRATIONS,
    Area.SETTINGS,
    Area.AUDIT,
    Area.LAB,
]
EXPECTED = {
    Role.CUSTOMER_SERVICE: "AAAA-V---",
    Role.FINANCE: "VVAVVV-V-",
    Role.MANAGER: "AAAAVVVV-",
    Role.QA: "VVVVVV--A",
    Role.ADMIN: "AAAAAAAAA",
}
CELLS = [
    (role, area, {"-": Level.NONE, "V": Level.VIEW, "A": Level.ACT}[letter])
    for role, letters in EXPECTED.items()
    for area, letter in zip(AREAS, letters, strict=True)
]


def somebody(role: Role | None) -> Actor:
    return Actor(ActorKind.STAFF, "user:1", "Somebody", role)


def test_every_role_and_area_is_in_the_matrix() -> None:
    assert set(MATRIX) == set(Role) == set(ROLE_NAMES) == set(EXPECTED)
    assert all(set(row) == set(Area) == set(AREAS) for row in MATRIX.values())


@pytest.mark.parametrize(("role", "area", "reach"), CELLS)
def test_a_role_reaches_its_level_in_an_area_and_no_further(role: Role, area: Area, reach: Level) -> None:
    for level in (Level.VIEW, Level.ACT):
        assert somebody(role).may(area, level) is (reach >= level)
        if reach >= level:
            somebody(role).require(area, level, "do this")
            continue
        with pytest.raises(NotAllowed) as refusal:
            somebody(role).require(area, level, "do this")
        assert (
            refusal.value.sentence
            == f"The role {ROLE_NAMES[role]} may not do this. Ask an administrator if you need to."
        )


@pytest.mark.parametrize(("area", "level"), list(itertools.product(Area, (Level.VIEW, Level.ACT))))
def test_whoever_has_no_role_may_nothing(area: Area, level: Level) -> None:
    for actor in (somebody(None), provider_actor("stripe"), Actor(ActorKind.CUSTOMER, "customer:1", "A customer")):
        assert not actor.may(area, level)
        with pytest.raises(NotAllowed):
            actor.require(area, level, "do this")


def test_the_system_itself_may_act() -> None:
    for area in Area:
        SYSTEM.require(area, Level.ACT, "do this")


def test_a_provider_is_named_after_itself() -> None:
    assert provider_actor("stripe") == Actor(ActorKind.PROVIDER, "provider:stripe", "Stripe")
