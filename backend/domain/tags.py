"""Tags on orders: short words in small letters, each once, so that a search finds them however they were typed."""

from collections.abc import Iterable

from backend.domain.errors import InvalidInput

LONGEST = 40
MOST = 40


def tidied(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as a shop sends them, in our form and in their order; nothing is refused, since the order is already placed."""
    found = (" ".join(tag.split()).casefold() for tag in tags)
    return tuple(dict.fromkeys(tag for tag in found if tag))


def tag_of(text: str) -> str:
    """A tag that somebody typed; raises `InvalidInput` for none, or one that is too long."""
    tag = " ".join(text.split()).casefold()
    if not tag:
        raise InvalidInput(["Write a tag, such as vip."])
    if len(tag) > LONGEST:
        raise InvalidInput([f"The tag has {len(tag)} letters; at most {LONGEST} fit."])
    if "," in tag or not tag.isprintable():
        raise InvalidInput(["A tag is one word or a few, without commas."])
    return tag
