"""Fixing in place where a part of what is stored does not open: nothing is lost by it."""

import pytest

from backend.domain.fixes import FieldsRefused, Fix
from tests.conftest import Database
from tests.factories import created, new_order
from tests.services.test_fixes import BAD_POSTCODE, facts, fields, form, make, view


def test_what_cannot_be_read_is_never_written_over_by_what_stands_in_for_it(database: Database) -> None:
    number = created(new_order(**BAD_POSTCODE)).number
    database.execute("update addresses set line1 = name")  # sealed for another place, so that it does not open
    before, wanted = facts(database), {"postal_code": "10119"}

    assert fields(form(number, Fix.SHIPPING_ADDRESS, wanted))["line1"][1].startswith(
        "What is stored here cannot be read."
    )
    with pytest.raises(FieldsRefused):
        make(number, Fix.SHIPPING_ADDRESS, wanted)

    assert facts(database) == before
    make(number, Fix.SHIPPING_ADDRESS, wanted | {"line1": "Torstraße 140"})
    assert view(number).shipping_address.line1 == "Torstraße 140"
