"""What makes a staff password good enough."""

import pytest

from backend.domain.demo import SIGN_INS
from backend.domain.passwords import MAX_LETTERS, MIN_LETTERS, password_problem

EMAIL = "marina@shop.example"


@pytest.mark.parametrize(
    "password",
    ["quiet-harbour-lantern", "correct horse battery", "мой длинный пароль", "a" * 60 + "bcdef", "x7" * 20 + "qrst"],
)
def test_long_and_uncommon_passwords_are_taken(password: str) -> None:
    assert password_problem(password, EMAIL) == ""


@pytest.mark.parametrize("length", [0, 1, 8, MIN_LETTERS - 1])
def test_a_short_password_is_refused_with_both_lengths(length: int) -> None:
    assert password_problem("abcdefghijklmno"[:length], EMAIL) == (
        f"The password has {length} letters; use at least {MIN_LETTERS}. A few random words do well."
    )


def test_sixty_four_letters_and_more_are_allowed_and_there_is_an_end() -> None:
    long = ("quiet harbour lantern " * 20)[:MAX_LETTERS]
    assert password_problem(long, EMAIL) == ""
    assert (
        password_problem(long + "x", EMAIL)
        == f"The password has {MAX_LETTERS + 1} letters; at most {MAX_LETTERS} are taken."
    )


@pytest.mark.parametrize(
    "password",
    [
        "password1234567",
        "PassWord-2026!!!",
        "12345612345612345",
        "qwertyqwerty123",
        "holdfast-holdfast",
        "marina-marina-1",
        "letmein.letmein.9",
    ],
)
def test_a_password_built_on_what_everybody_tries_first_is_refused(password: str) -> None:
    assert password_problem(password, EMAIL) == (
        "The password is built on a word that is tried first. Use a few random words instead."
    )


@pytest.mark.parametrize("password", ["aaaaaaaaaaaaaaa", "ababababababababab", "....____....____"])
def test_too_few_different_letters_are_refused(password: str) -> None:
    assert "few random words" in password_problem(password, EMAIL)


def test_the_demo_sign_ins_meet_the_rules_too() -> None:
    assert {sign_in.email: password_problem(sign_in.password, sign_in.email) for sign_in in SIGN_INS} == {
        sign_in.email: "" for sign_in in SIGN_INS
    }
