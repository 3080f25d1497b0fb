"""What may be shown of an exchange with a provider: secrets and personal data give way to dots, big bodies are cut.

Masking goes by key name at any depth. Values that were masked under their key are also taken out of free text, so
that an error message which repeats an address does not give it away.
"""

import functools
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

DOTS = "•••"
MAX_BODY = 16_000

_SECRET = {
    "authorization", "apikey", "xapikey", "xapitoken", "xshopifyaccesstoken", "accesstoken", "token", "secret",
    "clientsecret", "signature", "password", "key", "contactkey", "invitationkey", "link", "invitationlink", "cookie",
    "setcookie", "confirmationcode", "authenticationkey", "creditcardnumber", "number16", "fingerprint", "carttoken",
    "checkouttoken", "xshopifyhmacsha256", "stripesignature",
}  # fmt: skip
_PERSONAL = {
    "firstname", "lastname", "fullname", "companyname", "company", "displayname", "email", "contactemail",
    "emailaddress", "receiptemail", "phone", "phonenumber", "mobile", "address", "address1", "address2", "address3",
    "addressline1", "addressline2", "addressline3", "line1", "line2", "line3", "street",
    "street1", "street2", "contact", "vpa", "customssigner", "signedby",
    "shippingaddress1", "shippingaddress2", "signer", "browserip", "latitude", "longitude", "to", "customeremail",
    "customername", "note", "privatenotes", "vatnumber", "taxid", "gstin",
}  # fmt: skip
_POSTAL = {"postalcode", "zip", "zipcode", "postcode", "shippingpostalcode"}
_THING_MARKS = {"sku", "product_key", "quantity", "product_id", "title", "price", "rate", "filename"}

_EMAIL = re.compile(r"[^\s@<>\"'(),;:]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_QUERY_SECRET = re.compile(r"(?i)\b(client_secret|secret|token|key|signature)=[^&\s\"]+")
_LAST_WORD = re.compile(r"\S{0,200}\Z")
_SHORTEST_TO_SCRUB = 5
_MOST_TO_SCRUB = 100


class Masker:
    """Masks one exchange; what it hides in the request it also hides in the answer's texts.

    `personal=False` masks secrets alone, for what is sealed and shown to nobody but who may ask for it.
    """

    def __init__(self, secrets: Iterable[str] = (), *, personal: bool = True) -> None:
        self._hidden: set[str] = {secret for secret in secrets if len(secret) >= _SHORTEST_TO_SCRUB}
        self._personal = personal

    def body(self, value: Any) -> Any:
        """A JSON value as it may be stored: masked, without `Decimal`, and cut to a text when it is too big."""
        self._collect(value, "")
        masked = self._mask(value, "", {})
        text = masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False)
        return text[:MAX_BODY] + "…" if len(text) > MAX_BODY else masked

    def form(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """A form body: `shipping[name]` is judged by its innermost name."""
        kept = list(pairs)
        for name, value in kept:
            self._collect(value, _innermost(name))
        return {name: self._mask(value, _innermost(name), {}) for name, value in kept}

    def url(self, url: str) -> str:
        parts = urlsplit(url)
        if not parts.query:
            return self.text(url)
        query = self.form(parse_qsl(parts.query, keep_blank_values=True))
        return self.text(urlunsplit(parts._replace(query=urlencode(query, safe="[]:@/").replace(quote(DOTS), DOTS))))

    def text(self, text: str) -> str:
        """Free text: without anything hidden so far, e-mail addresses, or secrets in query strings."""
        for hidden in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(hidden, DOTS)
        if len(text) > MAX_BODY:  # the last word goes too: what is left of it could be half of something secret
            text = _LAST_WORD.sub("…", text[:MAX_BODY])
        if self._personal and "@" in text:
            text = _EMAIL.sub(DOTS, text)
        return _QUERY_SECRET.sub(rf"\1={DOTS}", text) if "=" in text else text

    def _collect(self, value: Any, key: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                if not (name == "name" and _is_thing(value)):
                    self._collect(inner, str(name))
        elif isinstance(value, list | tuple):
            for inner in value:
                self._collect(inner, key)
        elif isinstance(value, str) and self._worth_scrubbing(value) and self._rule(key) is not None:
            self._hidden.add(value)

    def _worth_scrubbing(self, value: str) -> bool:
        return len(value) >= _SHORTEST_TO_SCRUB and len(self._hidden) < _MOST_TO_SCRUB

    def _mask(self, value: Any, key: str, parent: dict[str, Any]) -> Any:
        if isinstance(value, dict):
            return {str(name): self._mask(inner, str(name), value) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._mask(inner, key, {}) for inner in value]
        rule = self._rule(key)
        if value in (None, "") or isinstance(value, bool) or rule is None or (key == "name" and _is_thing(parent)):
            return self.text(value) if isinstance(value, str) else str(value) if isinstance(value, Decimal) else value
        return str(value)[:2] + DOTS if rule == "postal" else DOTS

    def _rule(self, key: str) -> str | None:
        rule = _rule(key)
        return rule if self._personal or rule == "secret" else None


def described(content: bytes, media_type: str) -> str:
    """How a body that is not text is noted: `<application/pdf, 12,345 bytes>`."""
    return f"<{media_type.split(';')[0].strip() or 'binary'}, {len(content):,} bytes>"


def _innermost(name: str) -> str:
    return name.rstrip("]").rpartition("[")[2]


def _is_thing(parent: dict[str, Any]) -> bool:
    """The name of a product, tax or file is no person's name."""
    return not _THING_MARKS.isdisjoint(parent)


@functools.lru_cache(maxsize=4_096)
def _rule(key: str) -> str | None:
    plain = re.sub(r"[^a-z0-9]", "", key.lower())
    if plain in _POSTAL:
        return "postal"
    if plain == "name" or plain in _PERSONAL:
        return "personal"
    if plain in _SECRET or plain.endswith(("secret", "apikey", "password", "accesstoken", "signature")):
        return "secret"
    return None
