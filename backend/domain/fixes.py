"""Fixes in place: which data of a held order staff may correct where it stands, and what each hold offers.

A fix closes the hold whose own rule passes afterwards. Other holds that offer it (a colleague's, a customer's note) stay
until somebody decides on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.desk import Preview
from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.steps import StepKind


class Fix(StrEnum):
    SHIPPING_ADDRESS = "shipping_address"
    BILLING_ADDRESS = "billing_address"
    CONTACT = "contact"
    TAX_ID = "tax_id"
    WEIGHT = "weight"
    SKU = "sku"


LABELS: dict[Fix, str] = {
    Fix.SHIPPING_ADDRESS: "Fix address",
    Fix.BILLING_ADDRESS: "Fix billing address",
    Fix.CONTACT: "Fix e-mail or phone",
    Fix.TAX_ID: "Fix tax number",
    Fix.WEIGHT: "Fix weight",
    Fix.SKU: "Choose the right item",
}
SUBJECTS: dict[Fix, str] = {
    Fix.SHIPPING_ADDRESS: "Delivery address",
    Fix.BILLING_ADDRESS: "Billing address",
    Fix.CONTACT: "E-mail and phone",
    Fix.TAX_ID: "Tax number",
    Fix.WEIGHT: "Weight",
    Fix.SKU: "Item numbers",
}

_K = HoldKind
OFFERED: dict[HoldKind, tuple[Fix, ...]] = {
    _K.ADDRESS_MISSING: (Fix.SHIPPING_ADDRESS,),
    _K.ADDRESS_MALFORMED: (Fix.SHIPPING_ADDRESS,),
    _K.COUNTRY_NOT_SERVED: (Fix.SHIPPING_ADDRESS,),
    _K.PO_BOX: (Fix.SHIPPING_ADDRESS,),
    _K.TAX_ID_MALFORMED: (Fix.TAX_ID, Fix.BILLING_ADDRESS),
    _K.SKU_UNKNOWN: (Fix.SKU,),
    _K.OUT_OF_STOCK: (Fix.SKU,),
    _K.PAYMENT_TERMS: (),
    _K.FRAUD_RISK: (),
    _K.FRAUD_SUSPECTED: (),
    _K.CUSTOMER_NOTE: (Fix.SHIPPING_ADDRESS, Fix.CONTACT),
    _K.CUSTOMISATION: (),
    _K.ORDER_AMENDED: (Fix.SHIPPING_ADDRESS, Fix.BILLING_ADDRESS, Fix.CONTACT),
    _K.CANCELLED_IN_SHOP: (),
    _K.OLDER_THAN_RESTORE: (),
    _K.PAYMENT_DECLINED: (Fix.CONTACT,),
    _K.PAYMENT_MISMATCH: (),
    _K.PAYMENT_REFUSED: (),
    _K.ADDRESS_INVALID: (Fix.SHIPPING_ADDRESS, Fix.CONTACT),
    _K.SHIPMENT_NOT_ACCEPTED: (Fix.WEIGHT, Fix.SHIPPING_ADDRESS, Fix.CONTACT, Fix.SKU),
    _K.SHIPMENT_OUT_OF_STOCK: (Fix.SKU,),
    _K.CARRIER_FUNDS: (),
    _K.PROVIDER_CREDENTIALS: (),
    _K.PROVIDER_REFUSED: (Fix.SHIPPING_ADDRESS, Fix.WEIGHT, Fix.CONTACT, Fix.SKU),
    _K.PROVIDER_UNAVAILABLE: (),
    _K.PROVIDER_NOT_CONNECTED: (),
    _K.OUTCOME_UNKNOWN: (),
    _K.INTERNAL_ERROR: (),
    _K.PAYMENT_DISPUTED: (),
    _K.DELIVERY_EXCEPTION: (Fix.CONTACT,),
    _K.CANCELLATION_INCOMPLETE: (),
    _K.RETURN_TO_AGREE: (),
    _K.BEING_CANCELLED: (),
    _K.BY_STAFF: (Fix.SHIPPING_ADDRESS, Fix.BILLING_ADDRESS, Fix.CONTACT, Fix.TAX_ID, Fix.WEIGHT, Fix.SKU),
}
"""What staff may correct on a hold, the likeliest first. Empty where no data of ours is at fault: money, providers, doubt."""

MENDS: dict[HoldKind, frozenset[Fix]] = {
    _K.ADDRESS_INVALID: frozenset({Fix.SHIPPING_ADDRESS, Fix.CONTACT}),
    _K.SHIPMENT_NOT_ACCEPTED: frozenset({Fix.WEIGHT, Fix.SHIPPING_ADDRESS, Fix.CONTACT, Fix.SKU}),
    _K.SHIPMENT_OUT_OF_STOCK: frozenset({Fix.SKU}),
    _K.PROVIDER_REFUSED: frozenset({Fix.SHIPPING_ADDRESS, Fix.WEIGHT, Fix.CONTACT, Fix.SKU}),
}
"""Holds of a refused step that these fixes answer: the step runs again with the corrected data, and judges it."""

CARRIED_BY: frozenset[StepKind] = frozenset({StepKind.SHIPMENT_VERIFY_ADDRESS, StepKind.SHIPMENT_CREATE})
"""The steps whose request carries what can be fixed; a hold of any other step stays."""


def offered(kind: HoldKind, step: str = "") -> tuple[Fix, ...]:
    """What may be corrected on a hold. Where a provider refused a `step` about money, no data of the parcel's is at fault."""
    return () if kind is _K.PROVIDER_REFUSED and step and step not in CARRIED_BY else OFFERED[kind]


REISSUED: dict[Fix, tuple[StepKind, ...]] = {
    Fix.TAX_ID: (StepKind.INVOICE_ISSUE,),
    Fix.BILLING_ADDRESS: (StepKind.INVOICE_ISSUE,),
    Fix.CONTACT: (
        StepKind.MAIL_PAYMENT_LINK,
        StepKind.MAIL_PAYMENT_ACTION,
        StepKind.MAIL_CONFIRMATION,
        StepKind.INVOICE_SEND,
    ),
}
"""Documents and messages that carry what is fixed: one that was refused for it runs again. Their failure held nothing."""

RECHECKED: dict[Fix, frozenset[HoldKind]] = {
    Fix.SHIPPING_ADDRESS: frozenset({_K.ADDRESS_MISSING, _K.ADDRESS_MALFORMED, _K.COUNTRY_NOT_SERVED, _K.PO_BOX}),
    Fix.BILLING_ADDRESS: frozenset({_K.TAX_ID_MALFORMED}),
    Fix.TAX_ID: frozenset({_K.TAX_ID_MALFORMED}),
    Fix.SKU: frozenset({_K.SKU_UNKNOWN, _K.OUT_OF_STOCK}),
    Fix.CONTACT: frozenset(),
    Fix.WEIGHT: frozenset(),
}
"""The checks of arrival that are made again after a fix; each closes its own hold when it passes."""

_FORM = frozenset({_K.ADDRESS_MISSING, _K.ADDRESS_MALFORMED})
MUST_PASS: dict[HoldKind, frozenset[HoldKind]] = {
    _K.ADDRESS_MISSING: _FORM,
    _K.ADDRESS_MALFORMED: _FORM,
    _K.COUNTRY_NOT_SERVED: _FORM | {_K.COUNTRY_NOT_SERVED},
    _K.PO_BOX: _FORM | {_K.PO_BOX},
    _K.TAX_ID_MALFORMED: frozenset({_K.TAX_ID_MALFORMED}),
    _K.SKU_UNKNOWN: frozenset({_K.SKU_UNKNOWN}),
}
"""The checks that a fix of this hold must pass to be taken at all; others that fail hold the order by themselves."""
NEEDED = frozenset({_K.ADDRESS_MISSING})
"""What a fix of any hold must pass."""


_GOODS_AWAITED = frozenset({_K.OUT_OF_STOCK, _K.SHIPMENT_OUT_OF_STOCK})


def leads(kind: HoldKind, fix: Fix) -> bool:
    """Whether this fix is what the hold waits for, rather than something that is corrected while it waits.

    What is out of stock waits for goods; to send another item instead is the exception.
    """
    return kind not in _GOODS_AWAITED and (fix in MENDS.get(kind, ()) or kind in RECHECKED[fix])


@dataclass(frozen=True)
class FixField:
    """A field of a fix's form: the value that is there, or was typed, and what is wrong with it; `kind` is how it is asked."""

    name: str
    label: str
    value: str
    error: str = ""
    kind: str = "text"
    hint: str = ""


@dataclass(frozen=True)
class Item:
    """An item of our catalogue."""

    sku: str
    name: str


@dataclass(frozen=True)
class FixForm:
    """A fix as it can be made now. `changed` names what would be different; nothing can be done while that is empty.

    `preview` says what will happen, and carries version and token. `choices` are items that fit what was typed.
    """

    fix: Fix
    title: str
    fields: tuple[FixField, ...]
    changed: tuple[str, ...]
    preview: Preview
    choices: tuple[Item, ...] = ()

    @property
    def possible(self) -> bool:
        return bool(self.changed) and not self.preview.refusal and not any(field.error for field in self.fields)


class FieldsRefused(InvalidInput):
    """What was typed breaks a rule; `errors` are sentences by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(list(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Corrected:
    """One field's old and new value, for the timeline."""

    field: str
    label: str
    old: str
    new: str
