"""What takes two people: the limits as they are written down, and who may be the second person."""

import pytest

from backend.domain.approvals import DECIDERS, ApprovalAction, Limits, decidable, deciders
from backend.domain.errors import InvalidInput
from backend.domain.permissions import Actor, ActorKind, Role

ROLES = "500,JPY:75000,finance:2000,finance:JPY:300000"


@pytest.mark.parametrize(
    ("text", "role", "currency", "minor"),
    [
        (ROLES, Role.CUSTOMER_SERVICE, "EUR", 50_000),
        (ROLES, Role.CUSTOMER_SERVICE, "JPY", 75_000),
        (ROLES, Role.FINANCE, "EUR", 200_000),
        (ROLES, Role.FINANCE, "JPY", 300_000),
        (ROLES, Role.FINANCE, "KWD", 2_000_000),
        ("finance:EUR:20.50", Role.FINANCE, "EUR", 2_050),
        ("EUR:500", Role.MANAGER, "USD", 0),
        ("finance:2000", Role.MANAGER, "EUR", 0),
        ("0", Role.ADMIN, "EUR", 0),
        (" 10 , EUR:20 ", Role.ADMIN, "EUR", 2_000),
    ],
)
def test_the_entry_that_names_most_counts_and_what_none_fits_is_limited_to_nothing(
    text: str, role: Role, currency: str, minor: int
) -> None:
    assert Limits.parse(text).of(role, currency) == minor


def test_without_any_limit_one_person_is_enough() -> None:
    assert Limits.parse("none").of(Role.CUSTOMER_SERVICE, "EUR") is None


@pytest.mark.parametrize(
    "text", ["ten", "EUR:", "EURO:5", "eur:5", "boss:EUR:5", "EUR:finance:5", "5,6", "EUR:1.999", "EUR:5:6", "1e3"]
)
def test_a_limit_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Limits.parse(text)


def person(role: Role, number: int = 2, token: bool = False) -> Actor:
    if token:
        return Actor(ActorKind.STAFF, "token:9", "robot", role, f"user:{number}")
    return Actor(ActorKind.STAFF, f"user:{number}", "Ben", role)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(ApprovalAction))
def test_the_second_person_is_of_a_right_role_and_never_the_one_who_asked(action: ApprovalAction, role: Role) -> None:
    may = role in DECIDERS[action]
    assert decidable(action, "user:1", person(role)) is may
    assert decidable(action, "user:1", person(role, token=True)) is may
    assert decidable(action, "user:2", person(role)) is False
    assert decidable(action, "user:2", person(role, token=True)) is False


def test_customer_service_and_qa_are_never_the_second_person() -> None:
    assert {role for roles in DECIDERS.values() for role in roles} == {Role.FINANCE, Role.MANAGER, Role.ADMIN}


def test_the_roles_are_named_in_words() -> None:
    assert deciders(ApprovalAction.REFUND) == "finance, a manager or an administrator"
    assert deciders(ApprovalAction.RELEASE) == "a manager or an administrator"
