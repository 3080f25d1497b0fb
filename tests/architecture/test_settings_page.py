"""docs/settings.md names every setting, as `make settings` would write it today."""

import pytest
from pydantic import Field

from backend.settings import Settings
from scripts import write_settings


def test_the_page_is_what_make_settings_writes() -> None:
    assert write_settings.PAGE.read_text(encoding="utf-8") == write_settings.page()


def test_every_setting_is_on_the_page_with_a_description() -> None:
    page = write_settings.PAGE.read_text(encoding="utf-8")

    assert [name for name in Settings.model_fields if f"`HOLDFAST_{name.upper()}`" not in page] == []
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").strip()] == []


def test_a_setting_that_is_not_on_the_page_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class More(Settings):
        colour: str = Field("red", description="A new one.")

    monkeypatch.setattr(write_settings, "Settings", More)

    assert write_settings.PAGE.read_text(encoding="utf-8") != write_settings.page()
