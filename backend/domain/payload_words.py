"""Problems of a payload as people read them: `$.line_items[1].price is missing.` is the price of line 2.

The sentences that checks write begin with a JSON path, which is right for whoever sent the message; here it becomes the
name of a thing, and stands beside the sentence instead of in front of it.
"""

import re
from dataclasses import dataclass

_PATH = re.compile(r"\$((?:\.[a-zA-Z][a-zA-Z0-9_]*|\[(?:[0-9]+|#|…|'[^']*')\])*)(?=[: ])")
_PART = re.compile(r"\.([a-zA-Z][a-zA-Z0-9_]*)|\[([0-9]+|#)\]|\['?([^']*?)'?\]")
_QUOTED = re.compile(r"(?<= )'([^']*)'(?=[ ;,.]|$)")
_FORM = re.compile(r"(must )(?:have the form|be a valid) (\S+?)(?=\.$|$)")
_OPEN_NUMBER = re.compile(r"(?<= )#")
_FORMS = {
    "^[A-Z]{3}$": "be three capital letters, such as EUR",
    "^[A-Z]{2}$": "be two capital letters, such as DE",
    r"^[0-9](\.[0-9]{1,6})?$": "be a fraction, such as 0.19",
    "date-time": "be a date and time with its zone, such as 2026-01-31T10:15:00Z",
    "email": "be an e-mail address",
}
_NAMES = {
    "address1": "street",
    "address2": "second address line",
    "contact_email": "contact e-mail",
    "country_code": "country",
    "created_at": "time of the order",
    "data": "content",
    "email": "e-mail",
    "financial_status": "payment status",
    "line1": "street",
    "line2": "second address line",
    "order_id": "order's id",
    "payload": "message",
    "placed_at": "time of the order",
    "postal_code": "postcode",
    "province": "state or province",
    "province_code": "state or province",
    "sku": "item number",
    "tax_id": "tax number",
    "total_discounts": "discount",
    "total_price": "total",
    "subtotal_price": "subtotal",
    "total_tax": "tax",
    "zip": "postcode",
}
_ONE_OF = {"line_items": "line", "items": "line"}
_LISTS = frozenset({*_ONE_OF, "tax_lines", "shipping_lines", "discount_codes"})
_NUMBERED = re.compile(r"a |(?:(?! of )[a-z ])+[0-9]+(?= of |$)")
_WRAPPERS = frozenset({"content", "object", "message", "result", "shop money"})
"""Levels of a message that say nothing to who reads where something is."""


@dataclass(frozen=True)
class Worded:
    """A sentence for people, and the path it is about; the path is empty where the sentence names none."""

    sentence: str
    path: str = ""


def in_words(problem: str) -> Worded:
    """The problem, or the cause of many (with `#` for numbers and `…` for what was quoted), as people say it."""
    path = _PATH.match(problem)
    if path is None:
        return Worded(problem)
    subject, rest = _subject(path[1]), problem[path.end() :]
    rest = _OPEN_NUMBER.sub("…", _FORM.sub(_form, rest)).replace("but it is null", "but it is empty")
    rest = _QUOTED.sub(r"“\1”", rest.replace(" an object", " a group of fields"))
    if rest.startswith(": ") and subject in rest.lower():
        return Worded(rest[2:], path[0])
    as_title = rest.startswith(":") or _NUMBERED.match(subject)
    return Worded(f"{subject[:1].upper()}{subject[1:]}{rest}" if as_title else f"The {subject}{rest}", path[0])


def _subject(path: str) -> str:
    """`price of line 2` for `.line_items[1].price`."""
    if path in ("", ".name"):
        return "order's name" if path else "message"
    words: list[str] = []
    name = ""
    for plain, index, odd in _PART.findall(path):
        if not index:
            name = plain or odd
            words.append(_plain(name))
        elif words:
            one = _ONE_OF.get(name, words[-1].removesuffix("s"))
            words[-1] = f"a {one}" if index == "#" else f"{one} {int(index) + 1}"
    if name in _LISTS and not path.endswith("]"):
        words[-1] = f"list of {words[-1]}"
    owners = [word for word in reversed(words[:-1]) if word not in _WRAPPERS]
    return " of ".join([*words[-1:], *(word if _NUMBERED.match(word) else f"the {word}" for word in owners)])


def _plain(name: str) -> str:
    return _NAMES.get(name) or name.removesuffix("_minor").replace("_", " ")


def _form(found: re.Match[str]) -> str:
    return found[1] + _FORMS.get(found[2], "have the form that was agreed")
