"""Stripe's error bodies: `{"error": {type, code?, decline_code?, message, param?}}`."""

from backend.domain.holds import HoldKind
from backend.integrations.http import Answer, credentials_refused
from backend.integrations.reading import text
from backend.ports.calls import OutcomeUnknown, ProviderError, Rejected

PROVIDER = "stripe"

_DECLINES = {
    "insufficient_funds": "the card has too little money",
    "lost_card": "the card was reported lost",
    "stolen_card": "the card was reported stolen",
    "expired_card": "the card has expired",
    "incorrect_cvc": "the security code is wrong",
    "processing_error": "the bank could not process the card",
    "fraudulent": "the payment looks fraudulent",
    "do_not_honor": "the bank gave no reason",
    "generic_decline": "the bank gave no reason",
    "authentication_required": "the bank wants the customer to confirm the payment",
}


def read_error(answer: Answer) -> ProviderError | None:
    """What an answer of 4xx means; keys and conflicts leave the outcome open, everything else is a refusal."""
    kind = text(answer.json, "error", "type")
    code = text(answer.json, "error", "code")
    message = text(answer.json, "error", "message")
    if kind == "idempotency_error":
        sentence = "Stripe knows this step's key with other contents; an earlier call may have taken effect."
        return OutcomeUnknown(PROVIDER, sentence, code=code or kind, status=answer.status)
    if answer.status == 409:
        sentence = "Stripe is still working on an earlier call with this step's key."
        return OutcomeUnknown(PROVIDER, sentence, code=code, status=answer.status)
    if answer.status in (401, 403):
        return credentials_refused(PROVIDER, answer.status, code)
    if kind == "api_error":
        return OutcomeUnknown(PROVIDER, f"Stripe failed: {message}", code=code, status=answer.status)
    if kind == "card_error" or answer.status == 402:
        return declined(code, text(answer.json, "error", "decline_code"), message, answer.status)
    if not kind:
        return None
    sentence = f"Stripe refused the request: {message or 'no reason given'}"
    return Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED, code=code or kind, status=answer.status)


def declined(code: str, decline_code: str, message: str, status: int | None = None) -> Rejected:
    return Rejected(
        PROVIDER,
        decline_sentence(code, decline_code, message),
        category=HoldKind.PAYMENT_DECLINED,
        code=decline_code or code,
        status=status,
    )


def decline_sentence(code: str, decline_code: str, message: str) -> str:
    """Why the bank said no, for staff: in our words where we have them, with the bank's code and Stripe's text."""
    reason = decline_code or code or "no code"
    known = _DECLINES.get(reason)
    why = f"{known} ({reason})" if known else f"code {reason}"
    return f"The payment was declined: {why}." + (f" Stripe says: {message}" if message else "")
