"""No page is forgotten when pictures are taken."""

import re

from dashboard.dashboard import PAGES
from scripts import take_shots


def test_every_page_has_its_picture_taken() -> None:
    addresses = [*take_shots.PAGES.values()]
    prefixes = [re.sub(r".*href\^='(.*?)'.*", r"\1", link) for _, link in take_shots.FOLLOWED.values()]

    forgotten = [
        page.ROUTE
        for page in PAGES
        if not (
            any(prefix.startswith(page.ROUTE.split("[")[0]) for prefix in prefixes)
            if "[" in page.ROUTE
            else page.ROUTE in addresses
        )
    ]

    assert forgotten == []
