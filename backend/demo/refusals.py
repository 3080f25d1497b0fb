"""What providers answered in the troubles of the demo, and what our own adapters make of those answers.

The bodies are in the providers' formats; the sentence and the category that staff see come from the very functions
which read such answers in earnest.
"""

import json
from dataclasses import dataclass
from typing import Any

from backend.domain.holds import HoldKind
from backend.domain.providers import provider_name
from backend.domain.retries import Outcome
from backend.domain.steps import StepKind
from backend.integrations.http import Answer, ErrorReader
from backend.integrations.invoiceninja.client import read_error as read_invoiceninja
from backend.integrations.shipengine.errors import read_error as read_shipengine
from backend.integrations.shopify.api import read_error as read_shopify
from backend.integrations.stripe.errors import read_error as read_stripe
from backend.ports.calls import Rejected

MANY_TRIES = 8


@dataclass(frozen=True)
class Failure:
    """How one attempt ends badly: `status` and `body` are the provider's answer where it gave one."""

    outcome: Outcome
    sentence: str
    category: HoldKind = HoldKind.PROVIDER_UNAVAILABLE
    status: int | None = None
    body: Any = None


@dataclass(frozen=True)
class Trouble:
    """Which step meets which failures, one for each attempt, before it goes well or is given up."""

    step: StepKind
    failures: tuple[Failure, ...]


_READERS: dict[str, ErrorReader] = {
    "shopify": read_shopify,
    "stripe": read_stripe,
    "invoiceninja": read_invoiceninja,
    "shipengine": read_shipengine,
}


def refused(provider: str, status: int, body: dict[str, Any]) -> Failure:
    """What our adapter makes of a provider's answer of 4xx."""
    raw = json.dumps(body).encode()
    error = _READERS[provider](Answer(status, {"content-type": "application/json"}, raw, body))
    if not isinstance(error, Rejected):
        raise ValueError(f"{provider} does not refuse with {body}")
    return Failure(Outcome.REJECTED, error.sentence, error.category, status, body)


def _shipengine(kind: str, code: str, message: str, **more: str) -> Failure:
    error = {"error_source": "carrier", "error_type": kind, "error_code": code, "message": message, **more}
    return refused("shipengine", 400, {"request_id": "0f6c2a5e-58b1-4f0c-8a3d-5b1f0f8f2c11", "errors": [error]})


def in_doubt(provider: str, status: int = 503) -> Failure:
    """A call of which nobody knows at first whether it took effect."""
    sentence = f"{provider_name(provider)} answered HTTP {status}; whether it took effect is not known."
    return Failure(Outcome.IN_DOUBT, sentence, HoldKind.OUTCOME_UNKNOWN, status, "<html>Service Unavailable</html>")


def not_sent(provider: str) -> Failure:
    """A call that never left this machine."""
    return Failure(
        Outcome.NOT_SENT, f"Could not reach {provider_name(provider)}: Connection refused. Nothing was sent."
    )


def _declined(message: str, code: str) -> Failure:
    transaction = {"kind": "capture", "status": "failure", "error_code": code, "message": message}
    sentence = f"The capture was declined: {message}"
    return Failure(Outcome.REJECTED, sentence, HoldKind.PAYMENT_DECLINED, 201, {"transaction": transaction})


_K, _S = HoldKind, StepKind

DECLINES = (
    _declined("Your card was declined.", "card_declined"),
    _declined("Your card has insufficient funds.", "card_declined"),
    _declined("Your card has expired.", "expired_card"),
)

NOT_ACCEPTED = (
    _shipengine("business_rules", "unspecified", "The carrier does not accept this shipment for the selected service."),
    _shipengine(
        "validation",
        "invalid_field_value",
        "The weight is above what the service allows.",
        field_name="shipment.packages[0].weight",
    ),
)

_NO_SUCH_HOUSE = "The house number does not exist in this street and postal code."
INVALID_ADDRESS = Failure(
    Outcome.REJECTED,
    f"The carrier cannot deliver to this address. {_NO_SUCH_HOUSE}",
    _K.ADDRESS_INVALID,
    200,
    [{"status": "error", "messages": [{"code": "a1002", "message": _NO_SUCH_HOUSE}]}],
)

_BUG = Failure(Outcome.NOT_SENT, "Something went wrong inside Holdfast. Reference 7c1e90b4.", _K.INTERNAL_ERROR)

STEP_TROUBLES: dict[HoldKind, Trouble] = {
    _K.PAYMENT_DECLINED: Trouble(_S.PAYMENT_CAPTURE, (DECLINES[0],)),
    _K.PAYMENT_REFUSED: Trouble(
        _S.PAYMENT_REQUEST,
        (
            refused(
                "stripe",
                400,
                {
                    "error": {
                        "type": "invalid_request_error",
                        "code": "parameter_invalid_enum",
                        "message": "This account cannot take payments in this currency by the chosen method.",
                    }
                },
            ),
        ),
    ),
    _K.PROVIDER_REFUSED: Trouble(
        _S.PAYMENT_CAPTURE,
        (
            refused(
                "shopify", 422, {"errors": {"base": ["The authorization has expired and can no longer be captured"]}}
            ),
        ),
    ),
    _K.ADDRESS_INVALID: Trouble(_S.SHIPMENT_VERIFY_ADDRESS, (INVALID_ADDRESS,)),
    _K.SHIPMENT_NOT_ACCEPTED: Trouble(_S.SHIPMENT_CREATE, (NOT_ACCEPTED[0],)),
    _K.SHIPMENT_OUT_OF_STOCK: Trouble(
        _S.SHIPMENT_CREATE,
        (_shipengine("business_rules", "unspecified", "The fulfilment centre reports that an item is out of stock."),),
    ),
    _K.CARRIER_FUNDS: Trouble(
        _S.SHIPMENT_CREATE,
        (
            _shipengine(
                "account_status", "insufficient_funds", "The carrier account has insufficient funds to buy this label."
            ),
        ),
    ),
    _K.PROVIDER_CREDENTIALS: Trouble(
        _S.SHIPMENT_VERIFY_ADDRESS,
        (
            refused(
                "shipengine",
                401,
                {
                    "errors": [
                        {
                            "error_source": "shipengine",
                            "error_type": "security",
                            "error_code": "unauthorized",
                            "message": "The API key is invalid.",
                        }
                    ]
                },
            ),
        ),
    ),
    _K.PROVIDER_NOT_CONNECTED: Trouble(
        _S.SHIPMENT_CREATE,
        (_shipengine("business_rules", "carrier_not_connected", "The carrier account is not connected."),),
    ),
    _K.PROVIDER_UNAVAILABLE: Trouble(_S.SHIPMENT_CREATE, (not_sent("shipengine"),) * MANY_TRIES),
    _K.INTERNAL_ERROR: Trouble(_S.SHIPMENT_CREATE, (_BUG,) * MANY_TRIES),
    _K.OUTCOME_UNKNOWN: Trouble(_S.SHIPMENT_CREATE, (in_doubt("shipengine"),) * MANY_TRIES),
}
"""Holds that a step brings about when it ends without success. A payment mismatch depends on the order's amount."""

REFUND_REFUSED = refused("shopify", 422, {"errors": {"base": ["The refund was refused by the payment gateway"]}})
INVOICE_REFUSED = refused(
    "invoiceninja",
    422,
    {
        "message": "The given data was invalid.",
        "errors": {"client_id": ["The invoice was refused: this client's tax identification must be verified first."]},
    },
)
CREDIT_REFUSED = refused(
    "invoiceninja",
    422,
    {
        "message": "The given data was invalid.",
        "errors": {"client_id": ["The credit was refused: this client's tax identification must be verified first."]},
    },
)
MAIL_REFUSED = Failure(
    Outcome.REJECTED,
    "The mail server refused the recipient: 550 mailbox unavailable.",
    _K.PROVIDER_REFUSED,
    550,
    "550 mailbox unavailable",
)


def mismatch(provider: str, wanted: str, seen: str) -> Failure:
    """The shop says that the order is paid, and whoever took the money has another amount."""
    sentence = f"The order says paid, {wanted}; the gateway has {seen}."
    return Failure(Outcome.REJECTED, sentence, _K.PAYMENT_MISMATCH, 200, {"transactions": [{"amount": seen}]})


def hiccup(provider: str) -> Failure:
    """A single doubtful answer that a second try settles."""
    return in_doubt(provider, 502)


_WHO = {
    "payment": "shopify",
    "invoice": "invoiceninja",
    "credit_note": "invoiceninja",
    "shipment": "shipengine",
    "channel": "shopify",
}


def who(kind: StepKind) -> str:
    """Which provider does a kind of step in the demo's shop."""
    if kind.startswith("mail.") or kind in (_S.INVOICE_SEND, _S.CREDIT_NOTE_SEND):
        return "smtp"
    if kind is _S.PAYMENT_REQUEST:
        return "stripe"
    return _WHO[kind.partition(".")[0]]
