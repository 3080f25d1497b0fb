"""Parameters of Stripe's calls, checked as Stripe does: required, known, of the right kind."""

from typing import Any

from backend.sandbox.stripe.errors import invalid
from backend.sandbox.stripe.intents import CANCELLATION_REASONS
from backend.sandbox.stripe.refunds import REASONS

KNOWN: dict[str, frozenset[str]] = {
    "intent": frozenset(
        [
            "amount",
            "currency",
            "automatic_payment_methods",
            "capture_method",
            "confirm",
            "confirmation_method",
            "customer",
            "description",
            "error_on_requires_action",
            "expand",
            "metadata",
            "off_session",
            "payment_method",
            "payment_method_data",
            "payment_method_options",
            "payment_method_types",
            "receipt_email",
            "return_url",
            "setup_future_usage",
            "shipping",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_group",
            "use_stripe_sdk",
        ]
    ),
    "confirm": frozenset(
        [
            "payment_method",
            "payment_method_types",
            "capture_method",
            "return_url",
            "receipt_email",
            "off_session",
            "expand",
            "shipping",
            "setup_future_usage",
            "payment_method_options",
            "error_on_requires_action",
            "client_secret",
            "use_stripe_sdk",
        ]
    ),
    "capture": frozenset(
        [
            "amount_to_capture",
            "metadata",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "final_capture",
            "expand",
        ]
    ),
    "cancel": frozenset(["cancellation_reason", "expand"]),
    "refund": frozenset(
        [
            "payment_intent",
            "charge",
            "amount",
            "reason",
            "metadata",
            "instructions_email",
            "origin",
            "refund_application_fee",
            "reverse_transfer",
            "currency",
            "customer",
            "expand",
        ]
    ),
}
MINIMUM_AMOUNT = 1
MAXIMUM_AMOUNT = 99_999_999


def check(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters with numbers and booleans converted; raises StripeError 400."""
    for name in given:
        if name not in KNOWN[operation]:
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
    params = dict(given)
    for name in ("amount", "amount_to_capture"):
        if name in params:
            params[name] = _amount(name, params[name])
    if "confirm" in params:
        params["confirm"] = params["confirm"] == "true"
    if not isinstance(params.get("metadata", {}), dict) and params["metadata"] != "":
        raise invalid("Invalid hash", param="metadata")
    if operation == "intent":
        _check_new_intent(params)
    _one_of(params, "cancellation_reason", CANCELLATION_REASONS)
    _one_of(params, "reason", REASONS)
    return params


def _check_new_intent(params: dict[str, Any]) -> None:
    for name in ("amount", "currency"):
        if params.get(name) in (None, ""):
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    currency = params["currency"] = str(params["currency"]).lower()
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    params.setdefault("capture_method", "automatic")
    _one_of(params, "capture_method", ("automatic", "automatic_async", "manual"))
    methods = params.get("automatic_payment_methods")
    if isinstance(methods, dict):
        params["automatic_payment_methods"] = {**methods, "enabled": methods.get("enabled") == "true"}


def _amount(name: str, raw: Any) -> int:
    text = str(raw)
    if not text.isdecimal() or not text.isascii():
        raise invalid(f"Invalid integer: {text}", param=name, code="parameter_invalid_integer")
    amount = int(text)
    if amount < MINIMUM_AMOUNT:
        raise invalid("Amount must be at least 1 in the smallest currency unit.", param=name, code="amount_too_small")
    if amount > MAXIMUM_AMOUNT:
        raise invalid("Amount must be no more than $999,999.99", param=name, code="amount_too_large")
    return amount


def _one_of(params: dict[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    value = params.get(name)
    if value is not None and value not in allowed:
        raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
