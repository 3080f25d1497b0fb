"""Write `docs/settings.md`: every setting with its default, from the settings' own descriptions."""

import sys
from pathlib import Path
from typing import get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.settings import PREFIX, Settings  # noqa: E402 - the project's root must be known first

PAGE = ROOT / "docs" / "settings.md"
HEAD = """# Settings

Every setting is an environment variable. A wrong value stops the start and says what was wrong. A value can also come
from a file: set `NAME_FILE` to the file's path in place of `NAME`, for example
`HOLDFAST_STRIPE_API_KEY_FILE=stripe.key`. Values marked *secret* are never shown or logged.

This page is written by `make settings`.

| name | default | what it is |
|---|---|---|
"""


def page() -> str:
    """The whole page as it should be."""
    return HEAD + "".join(row(name, field) for name, field in Settings.model_fields.items())


def row(name: str, field: FieldInfo) -> str:
    secret = isinstance(field.default, SecretStr)
    shown = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    default = f"`{shown}`" if str(shown) else "–"
    about = " ".join(part for part in (field.description, "*Secret.*" if secret else "", limits(field)) if part)
    return f"| `{PREFIX}{name.upper()}` | {default} | {about} |\n"


def limits(field: FieldInfo) -> str:
    """What values are allowed, where that is a range or a choice; the empty string otherwise."""
    if choices := get_args(field.annotation):
        return f"One of {', '.join(map(str, choices))}."
    bounds = {name: value for rule in field.metadata for name in ("ge", "le") if (value := getattr(rule, name, None))}
    if len(bounds) == 2:
        return f"From {bounds['ge']} to {bounds['le']}."
    return f"At most {bounds['le']}." if "le" in bounds else ""


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
