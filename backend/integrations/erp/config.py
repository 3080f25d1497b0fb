"""The configuration of an endpoint: a JSON file, checked whole before anything is sent.

The file's form is in `config.schema.json`. Beyond it, every name in a template must exist, every address must be at the
endpoint's own origin, and what is promised (a key that is remembered, a document to fetch) must be made possible.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.domain import strict_json
from backend.domain.errors import ConfigurationError, InvalidInput
from backend.domain.money import exponent
from backend.integrations.erp.paths import Rule
from backend.integrations.erp.template import problems as template_problems
from backend.integrations.erp.values import CREDIT_NOTE_NAMES, NAMES
from backend.integrations.schema import SchemaCheck

REFERENCE = "document.reference"
_IN_HEADERS = frozenset({"job.key"})
_FOR_A_DOCUMENT = ("number", "date", "total")
_OF_THE_SYSTEM = ("headers", "ok_status", "refused_when", "error_message", "currency", "key_seconds", "answer_lag")


@dataclass(frozen=True)
class Lookup:
    """How a document is asked for by our number; `rows_at` is empty when the answer is the document itself."""

    url: str
    rows_at: str
    match: Mapping[str, str]
    map: Mapping[str, str]


@dataclass(frozen=True)
class DocumentSource:
    """Where number, date and total are read again (`read_url`), and the file; `url` empty: the answer's own address."""

    read_url: str
    url: str
    media_type: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class ErpConfig:
    """One endpoint. `secrets` fill `${…}`; `map` says where facts are in an answer; addresses are templates."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    ok_status: frozenset[int]
    map: Mapping[str, str]
    secrets: Mapping[str, str]
    duplicate_when: Rule | None
    refused_when: Rule | None
    error_message: str
    currency: str
    key_seconds: float | None
    answer_lag: float
    lookup: Lookup | None
    document: DocumentSource | None
    credit_note: "ErpConfig | None" = None

    @property
    def origin(self) -> str:
        return origin_of(self.url)


def load(path: Path, api_key: str) -> ErpConfig:
    """Read and check a file; raises `ConfigurationError` with every problem in a sentence."""
    try:
        given = strict_json.read_object(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"HOLDFAST_ERP_CONFIG names a file that cannot be read ({error.strerror}).") from error
    except InvalidInput as error:
        raise ConfigurationError(f"HOLDFAST_ERP_CONFIG: {error.sentence}") from error
    return parse(given, api_key)


def parse(given: Mapping[str, Any], api_key: str) -> ErpConfig:
    """As `load`, from the file's content. `api_key` is the one secret, or a JSON object of several by name."""
    secrets = _secrets(api_key)
    found = SchemaCheck(Path(__file__).with_name("config.schema.json")).problems(given)
    if not found:
        found = list(_problems(given, secrets))
    if found:
        raise ConfigurationError("\n".join(f"HOLDFAST_ERP_CONFIG: {sentence}" for sentence in found))
    return _config(given, secrets)


def _config(given: Mapping[str, Any], secrets: dict[str, str]) -> ErpConfig:
    document = given.get("document")
    return ErpConfig(
        url=given["url"],
        method=given.get("method", "POST"),
        headers=given["headers"],
        body=given["body"],
        ok_status=frozenset(given.get("ok_status", (200, 201))),
        map=given["map"],
        secrets=secrets,
        duplicate_when=_rule(given.get("duplicate_when")),
        refused_when=_rule(given.get("refused_when")),
        error_message=given.get("error_message", ""),
        currency=given.get("currency", ""),
        key_seconds=float(given["key_seconds"]) if "key_seconds" in given else None,
        answer_lag=float(given.get("answer_lag", 2)),
        lookup=_lookup(given) if "lookup" in given else None,
        document=_document(document) if document else None,
        credit_note=_config(_for_credit_notes(given), secrets) if "credit_note" in given else None,
    )


def _for_credit_notes(given: Mapping[str, Any]) -> dict[str, Any]:
    """How a credit note is issued: as its section says, and about what the system is like, as the file says."""
    return {name: given[name] for name in _OF_THE_SYSTEM if name in given} | dict(given["credit_note"])


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _secrets(api_key: str) -> dict[str, str]:
    if not api_key.lstrip().startswith("{"):
        return {"secret": api_key} if api_key else {}
    try:
        given = json.loads(api_key)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(value, str) and value for value in given.values()):
        raise ConfigurationError("HOLDFAST_ERP_API_KEY must be one secret, or a JSON object of secrets by name.")
    return given


def _rule(given: Any) -> Rule | None:
    return Rule(given.get("status"), given.get("path", ""), given.get("contains", "")) if given else None


def _document(given: Mapping[str, Any]) -> DocumentSource:
    media_type = given.get("media_type", "application/pdf")
    return DocumentSource(given["read_url"], given.get("url", ""), media_type, tuple(given.get("origins", ())))


def _lookup(given: Mapping[str, Any]) -> Lookup:
    lookup = given["lookup"]
    rows_at = lookup.get("list", "")
    return Lookup(lookup["url"], rows_at, lookup.get("match", {}), lookup.get("map") or _row_map(given["map"], rows_at))


def _row_map(answer_map: Mapping[str, str], rows_at: str) -> dict[str, str]:
    """Where facts are in a row of the list: `data.id` and `Invoices.0.InvoiceID` become `id` and `InvoiceID`."""
    if not rows_at:
        return dict(answer_map)
    found = {}
    for name, path in answer_map.items():
        if path.startswith(f"{rows_at}."):
            first, dot, rest = path.removeprefix(f"{rows_at}.").partition(".")
            found[name] = rest if dot and first.isdigit() else f"{first}{dot}{rest}"
    return found


def _problems(given: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[str]:
    yield from template_problems(given["headers"], "$.headers", _IN_HEADERS, secrets)
    yield from _document_kind_problems(given, secrets, "$", NAMES, origin_of(given["url"]))
    if currency := given.get("currency"):
        try:
            exponent(currency)
        except InvalidInput as error:
            yield f"$.currency: {error.sentence}"
    if "credit_note" in given:
        section = _for_credit_notes(given)
        yield from _document_kind_problems(
            section, secrets, "$.credit_note", CREDIT_NOTE_NAMES, origin_of(given["url"])
        )


def _document_kind_problems(
    given: Mapping[str, Any], secrets: Mapping[str, str], at: str, names: frozenset[str], origin: str
) -> Iterator[str]:
    """What is wrong with how one kind of document is issued, looked up and fetched; `at` is its place in the file."""
    yield from template_problems(given["body"], f"{at}.body", {*names, "lines", "items"}, secrets)
    yield from _address_problems(given, at, names, origin)
    if "key_seconds" in given and "{{job.key}}" not in json.dumps([given["headers"], given["body"]], default=str):
        body = "body" if at == "$" else f"{at}.body"
        yield f"$.key_seconds says that the system remembers our key, but neither headers nor {body} send {{{{job.key}}}}."
    if "lookup" in given:
        yield from _lookup_problems(given, at, names)
    if "document" in given:
        yield from _document_problems(given, at)


def _address_problems(given: Mapping[str, Any], at: str, facts: frozenset[str], origin: str) -> Iterator[str]:
    lookup, document = given.get("lookup", {}), given.get("document", {})
    addresses = {
        f"{at}.url": (given["url"], facts),
        f"{at}.lookup.url": (lookup.get("url"), facts),
        f"{at}.document.read_url": (document.get("read_url"), {REFERENCE}),
        f"{at}.document.url": (document.get("url"), {REFERENCE}),
    }
    for where, (url, names) in addresses.items():
        if url is None:
            continue
        yield from template_problems(url, where, names, ())
        parts = urlsplit(url)
        if parts.username or parts.fragment or "{" in parts.netloc:
            yield f"{where} must have a plain host and no user or fragment."
        elif origin_of(url) != origin:
            yield f"{where} is at {origin_of(url)}; our secrets are sent to {origin} only."


def _lookup_problems(given: Mapping[str, Any], at: str, names: frozenset[str]) -> Iterator[str]:
    lookup = _lookup(given)
    yield from template_problems(lookup.match, f"{at}.lookup.match", names, ())
    if "external_id" not in lookup.map:
        yield f"{at}.lookup.map is missing: {at}.map does not say where facts are in a row of {at}.lookup.list."
    elif not lookup.match and "number" not in lookup.map:
        yield (
            f"{at}.lookup.match is missing: without it, or a number in the map, our document cannot be told from others."
        )


def _document_problems(given: Mapping[str, Any], at: str) -> Iterator[str]:
    absent = [f"{at}.map.{name}" for name in _FOR_A_DOCUMENT if name not in given["map"]]
    if "currency" not in given["map"] and "currency" not in given:
        absent.append(f"{at}.map.currency (or $.currency)")
    if "url" not in given["document"] and "document_url" not in given["map"]:
        absent.append(f"{at}.document.url (or {at}.map.document_url)")
    if absent:
        yield f"{at}.document needs {', '.join(absent)} as well."
