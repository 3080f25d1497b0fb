"""No page is forgotten when pictures are taken."""

import re

from dashboard.dashboard import PAGES
from scripts import shot_scenes


def test_every_page_has_its_picture_taken() -> None:
    addresses = [*shot_scenes.PAGES.values()]
    prefixes = [re.sub(r".*href\^='(.*?)'.*", r"\1", link) for _, link in shot_scenes.FOLLOWED.values()]

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
