"""Razorpay's error bodies: `{"error": {code, description, source, step, reason, field?, metadata}}`.

An id that does not exist is answered with 400 like any other mistake, not with 404; it gets a code of ours.
"""

import re

from backend.domain.holds import HoldKind
from backend.integrations.http import Answer, credentials_refused
from backend.integrations.reading import text
from backend.ports.calls import OutcomeUnknown, ProviderError, Rejected

PROVIDER = "razorpay"
NO_SUCH_ID = "no_such_id"

_THEIR_TROUBLE = ("GATEWAY_ERROR", "SERVER_ERROR")
_OTHERS = ("customer", "bank", "issuer", "issuer_bank", "customer_psp", "network", "gateway")
"""Sources of an error that is neither ours nor Razorpay's: whoever pays, or their bank."""
_NOT_THERE = re.compile(r"\bid provided does not exist\b|\bis not a valid id\b", re.IGNORECASE)
_KEY_TAKEN = re.compile(r"\bsame idempotency key\b", re.IGNORECASE)


def read_error(answer: Answer) -> ProviderError | None:
    """What an answer of 4xx means; keys, conflicts and their own troubles leave the outcome open."""
    code, description = text(answer.json, "error", "code"), text(answer.json, "error", "description")
    if answer.status == 401:
        return credentials_refused(PROVIDER, answer.status, code)
    if answer.status == 409:
        sentence = "Razorpay is still working on an earlier call with this step's key."
        return OutcomeUnknown(PROVIDER, sentence, code=code, status=answer.status)
    if _KEY_TAKEN.search(description):
        sentence = "Razorpay knows this step's key with other contents; an earlier call may have taken effect."
        return OutcomeUnknown(PROVIDER, sentence, code=code, status=answer.status)
    if code in _THEIR_TROUBLE:
        return OutcomeUnknown(PROVIDER, f"Razorpay failed: {description}", code=code, status=answer.status)
    if _NOT_THERE.search(description):
        sentence = f"Razorpay does not know it: {description}"
        return Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED, code=NO_SUCH_ID, status=answer.status)
    if answer.status == 403:
        return credentials_refused(PROVIDER, answer.status, code)
    if not code:
        return None
    return _refused(answer, code, description)


def _refused(answer: Answer, code: str, description: str) -> Rejected:
    reason, field = text(answer.json, "error", "reason"), text(answer.json, "error", "field")
    if text(answer.json, "error", "source") in _OTHERS:
        sentence = decline_sentence(reason, description)
        category = HoldKind.PAYMENT_DECLINED
    else:
        where = f" (field {field})" if field else ""
        sentence = f"Razorpay refused the request: {description or 'no reason given'}{where}"
        category = HoldKind.PAYMENT_REFUSED
    known = reason if reason not in ("", "NA") else code
    return Rejected(PROVIDER, sentence, category=category, code=known, status=answer.status)


def decline_sentence(reason: str, description: str) -> str:
    """Why a payment failed, for staff: Razorpay's reason code and its words."""
    code = f" ({reason})" if reason and reason != "NA" else ""
    return f"The payment failed{code}." + (f" Razorpay says: {description}" if description else "")
