"""The configuration of an ERP: what is wrong with it is said at the start, in sentences that name the place."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.domain.errors import ConfigurationError
from backend.integrations.erp.config import load, parse
from tests.integrations.erp_worlds import SECRET, XERO_SECRETS, ninja_config, xero_config
from tests.integrations.shared import reference

BASE = "https://erp.example"


def changed(**changes: Any) -> dict[str, Any]:
    config = ninja_config(BASE) | changes
    return {name: value for name, value in config.items() if value is not None}


def complaint(config: dict[str, Any], api_key: str = SECRET) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(config, api_key)
    return caught.value.sentence


def test_facts_in_a_row_are_where_they_are_in_an_answer() -> None:
    ninja, xero = parse(ninja_config(BASE), SECRET), parse(xero_config(BASE), XERO_SECRETS)

    assert ninja.lookup is not None
    assert xero.lookup is not None
    assert dict(ninja.lookup.map) == {
        "external_id": "id",
        "number": "number",
        "date": "date",
        "status": "status_id",
        "total": "amount",
        "order": "po_number",
    }
    assert (xero.lookup.map["external_id"], xero.lookup.map["total"]) == ("InvoiceID", "Total")


def test_what_is_left_out_has_a_default() -> None:
    config = parse(changed(method=None, ok_status=None, currency=None, document=None), SECRET)

    assert (config.method, config.ok_status, config.currency) == ("POST", frozenset({200, 201}), "")
    assert (config.key_seconds, config.answer_lag, config.document) == (None, 2.0, None)
    assert (config.origin, dict(config.secrets)) == (BASE, {"secret": SECRET})


def test_both_reference_configurations_are_of_the_form_once_completed() -> None:
    given = json.loads(reference("generic_erp/example_config.json"))
    ninja, xero = given["invoice_ninja"], given["xero"]
    ninja["body"]["client_id"] = "VolejRRejm"
    xero["body"] = {"InvoiceNumber": "{{invoice.number}}"}

    assert parse(ninja, SECRET).method == "POST"
    assert parse(xero, XERO_SECRETS).method == "PUT"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": None}, "$.url is missing."),
        ({"map": {"number": "data.number"}}, "$.map.external_id is missing."),
        ({"url": "ftp://erp.example"}, "$.url is 'ftp://erp.example'; it must have the form"),
        ({"method": "DELETE"}, "$.method is 'DELETE'; it must be one of: POST, PUT."),
        ({"ok_status": [404]}, "$.ok_status[0] is 404; it must be at most 299."),
        ({"headers": {"X": 1}}, "$.headers.X must be text, but it is a whole number."),
        ({"bodey": {}}, "$ does not have any form that is allowed there (rule additionalProperties)."),
        ({"lookup": None}, "rule dependentRequired"),
        ({"credit_note": {"url": BASE, "map": {"external_id": "id"}}}, "$.credit_note.body is missing."),
        ({"map": {"external_id": "data..id"}}, "$.map.external_id is 'data..id'; it must have the form"),
        ({"duplicate_when": {"contains": "x"}}, "rule dependentRequired"),
    ],
)
def test_a_wrong_form_is_named_by_its_place(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in complaint(changed(**changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": {"a": ["{{invoice.nummber}}"]}}, "$.body.a[0] names 'invoice.nummber', which does not exist there."),
        ({"body": {"client": "{{customer.erp_id}}"}}, "$.body.client names 'customer.erp_id'"),
        ({"body": {"a": "{{ Invoice Number }}"}}, "$.body.a has braces that are no template"),
        ({"body": {"a": "{{invoice.number}"}}, "$.body.a has braces that are no template"),
        ({"body": {"a": "x {{lines[sku]}}"}}, "$.body.a has braces that are no template"),
        ({"body": {"a": "{{lines}}"}}, "$.body.a names 'lines'"),
        ({"body": {"a": "{{lines[sku,price]}}"}}, "$.body.a names the column 'price'. Known: name, quantity, sku"),
        ({"body": {"a": "{{lines[sku=]}}"}}, "$.body.a has the column 'sku='"),
        ({"body": {"a": "{{lines[tax]}}"}}, "$.body.a names the column 'tax'"),
        ({"headers": {"A": "${other}"}}, "$.headers.A names the secret 'other'. Known: secret."),
        ({"headers": {"A": "{{customer.name}}"}}, "$.headers.A names 'customer.name'"),
        ({"url": "https://erp.example/${secret}"}, "$.url names the secret 'secret'. Known: none are allowed there."),
        ({"url": "https://{{invoice.number}}.example/"}, "$.url must have a plain host"),
        ({"url": "https://a:b@erp.example/"}, "$.url must have a plain host"),
        (
            {"lookup": {"url": "https://other.example/x", "list": "data"}},
            "$.lookup.url is at https://other.example; our secrets are sent to https://erp.example only.",
        ),
        ({"lookup": {"url": BASE, "list": "rows"}}, "$.lookup.map is missing"),
        (
            {"lookup": {"url": BASE, "list": "rows", "map": {"external_id": "id"}}},
            "$.lookup.match is missing",
        ),
        ({"lookup": {"url": BASE, "match": {"n": "{{x.y}}"}}}, "$.lookup.match.n names 'x.y'"),
        ({"currency": "XXQ"}, "$.currency: The currency 'XXQ' is unknown."),
        ({"key_seconds": 60}, "neither headers nor body send {{job.key}}"),
        (
            {"document": {"read_url": BASE}, "map": {"external_id": "data.id"}, "currency": None},
            "$.document needs $.map.number, $.map.date, $.map.total, $.map.currency (or $.currency), $.document.url",
        ),
        ({"document": {"read_url": BASE + "/{{invoice.number}}", "url": BASE}}, "$.document.read_url names"),
        (
            {"credit_note": {"url": "https://other.example", "body": {"a": 1}, "map": {"external_id": "id"}}},
            "$.credit_note.url is at https://other.example; our secrets are sent to https://erp.example only.",
        ),
        (
            {"credit_note": {"url": BASE, "body": {"a": "{{invoice.total}}"}, "map": {"external_id": "id"}}},
            "$.credit_note.body.a names 'invoice.total', which does not exist there.",
        ),
        (
            {
                "credit_note": {
                    "url": BASE,
                    "body": {"a": 1},
                    "map": {"external_id": "id"},
                    "document": {"read_url": BASE},
                }
            },
            "$.credit_note.document needs $.credit_note.map.number",
        ),
    ],
)
def test_what_cannot_work_is_said_at_the_start(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in complaint(changed(**changes))


def test_every_problem_is_named_at_once() -> None:
    found = complaint(changed(body={"a": "{{x.y}}", "b": "${z}"}, currency="XXQ")).splitlines()

    assert len(found) == 3
    assert all(line.startswith("HOLDFAST_ERP_CONFIG: $.") for line in found)


@pytest.mark.parametrize("api_key", ['{"a": 1}', '{"a": ""}', '{"a": "b"', "{}x"])
def test_secrets_are_one_text_or_named_texts(api_key: str) -> None:
    with pytest.raises(ConfigurationError, match="HOLDFAST_ERP_API_KEY must be one secret"):
        parse(ninja_config(BASE), api_key)


def test_a_secret_that_is_not_set_is_missed_by_its_name() -> None:
    assert "$.headers.X-API-TOKEN names the secret 'secret'" in complaint(ninja_config(BASE), "")


def test_a_file_is_read_whole_or_refused(tmp_path: Path) -> None:
    good, bad = tmp_path / "erp.json", tmp_path / "bad.json"
    good.write_text(json.dumps(ninja_config(BASE)), "utf-8")
    bad.write_text('{"url": ', "utf-8")

    assert load(good, SECRET).url == f"{BASE}/api/v1/invoices?mark_sent=true"
    with pytest.raises(ConfigurationError, match="HOLDFAST_ERP_CONFIG: The body is not JSON"):
        load(bad, SECRET)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path / "absent.json", SECRET)


def test_the_example_of_the_documentation_is_of_the_form() -> None:
    page = (Path(__file__).parents[2] / "docs" / "erp.md").read_text("utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]

    config = parse(json.loads(example), SECRET)

    assert (config.key_seconds, config.origin) == (86400.0, "https://erp.example")
