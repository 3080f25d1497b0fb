"""Keys for personal data: fresh ones for a new installation, and those that the data folder keeps."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass

from backend.domain.errors import ConfigurationError
from backend.installation.home import Home, write_private


@dataclass(frozen=True)
class Keys:
    """In the settings' own form: `id:base64 of 32 bytes`, and base64 of 32 bytes."""

    encryption_keys: str
    index_key: str


def fresh() -> Keys:
    """New random keys; the id tells them from the keys of a later rotation."""
    return Keys(f"k{secrets.token_hex(3)}:{_random()}", _random())


def kept_or_made(home: Home) -> Keys:
    """The data folder's keys, made before its database first exists; never replaced once there is data."""
    try:
        return Keys(**json.loads(home.keys.read_text(encoding="utf-8")))
    except FileNotFoundError:
        if (home.postgres / "data").exists():
            raise ConfigurationError(
                f"{home.keys} is missing, but the database beside it holds personal data sealed with its keys. "
                "Put the file back from your backup."
            ) from None
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{home.keys} is damaged. Put it back from your backup.") from error
    keys = fresh()
    write_private(home.keys, asdict(keys))
    return keys


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
