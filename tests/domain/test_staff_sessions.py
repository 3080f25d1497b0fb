"""What is told of where colleagues are signed in."""

import pytest

from backend.domain.staff_sessions import masked_address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.9", "203.0.113.…"),
        ("::ffff:203.0.113.9", "203.0.113.…"),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3:…"),
        ("2001:db8::1", "2001:db8:0:…"),
        ("", ""),
        ("somewhere", ""),
    ],
)
def test_of_an_address_only_the_network_is_told(address: str, shown: str) -> None:
    assert masked_address(address) == shown
