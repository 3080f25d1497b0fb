"""Tax numbers: the form that each country gives out, and what is believed."""

import pytest

from backend.domain import tax_ids
from backend.domain.tax_ids import _FORMS


@pytest.mark.parametrize("country", sorted(_FORMS))
def test_the_example_of_every_country_has_the_form_it_shows(country: str) -> None:
    assert tax_ids.problem(_FORMS[country][1], country) == ""


@pytest.mark.parametrize(
    ("given", "country"),
    [
        ("", "DE"),
        ("DE 123 456 789", "DE"),
        ("de123456789", "DE"),
        ("NL123456789B01", "DE"),
        ("whatever they have", "BR"),
        ("CHE-123.456.789 MWST", "CH"),
    ],
)
def test_a_number_of_the_right_form_or_of_a_country_not_known_here_is_taken(given: str, country: str) -> None:
    assert tax_ids.problem(given, country) == ""


@pytest.mark.parametrize(
    ("given", "country", "issuer"),
    [("DE12345678", "DE", "DE"), ("123456789", "DE", "DE"), ("FR12", "DE", "FR"), ("EL12", "DE", "GR")],
)
def test_a_number_of_another_form_is_told_without_repeating_it(given: str, country: str, issuer: str) -> None:
    problem = tax_ids.problem(given, country)
    assert problem.startswith(f"The tax number does not have the form of {issuer}: it looks like ")
    assert given not in problem.removesuffix(_FORMS[issuer][1] + ".")


def test_numbers_are_compared_without_blanks_and_marks() -> None:
    assert tax_ids.plain(" de 123.456-789 ") == "DE123456789"
