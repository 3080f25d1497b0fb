"""Why an order must not go on: the catalogue of hold kinds, what each tells staff to do, and what they may do about it.

A hold is not a status: the order keeps its status and stops where it is until every open hold is closed.
"""

from dataclasses import dataclass
from enum import StrEnum


class HoldKind(StrEnum):
    # placed by the checks when an order arrives
    ADDRESS_MISSING = "address_missing"
    ADDRESS_MALFORMED = "address_malformed"
    COUNTRY_NOT_SERVED = "country_not_served"
    PO_BOX = "po_box"
    TAX_ID_MALFORMED = "tax_id_malformed"
    SKU_UNKNOWN = "sku_unknown"
    OUT_OF_STOCK = "out_of_stock"
    PAYMENT_TERMS = "payment_terms"
    FRAUD_RISK = "fraud_risk"
    CUSTOMER_NOTE = "customer_note"
    CUSTOMISATION = "customisation"
    ORDER_AMENDED = "order_amended"
    CANCELLED_IN_SHOP = "cancelled_in_shop"
    OLDER_THAN_RESTORE = "older_than_restore"
    # placed when a step ends without success
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_MISMATCH = "payment_mismatch"
    PAYMENT_REFUSED = "payment_refused"
    ADDRESS_INVALID = "address_invalid"
    SHIPMENT_NOT_ACCEPTED = "shipment_not_accepted"
    SHIPMENT_OUT_OF_STOCK = "shipment_out_of_stock"
    CARRIER_FUNDS = "carrier_funds"
    PROVIDER_CREDENTIALS = "provider_credentials"
    PROVIDER_REFUSED = "provider_refused"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    PROVIDER_NOT_CONNECTED = "provider_not_connected"
    OUTCOME_UNKNOWN = "outcome_unknown"
    INTERNAL_ERROR = "internal_error"
    # placed by what a payment provider tells later
    PAYMENT_DISPUTED = "payment_disputed"
    # placed while the parcel is on its way
    DELIVERY_EXCEPTION = "delivery_exception"
    # placed by a cancellation that cannot go on by itself
    CANCELLATION_INCOMPLETE = "cancellation_incomplete"
    RETURN_TO_AGREE = "return_to_agree"
    # placed by a person
    BEING_CANCELLED = "being_cancelled"
    BY_STAFF = "by_staff"
    FRAUD_SUSPECTED = "fraud_suspected"


class HoldAction(StrEnum):
    RETRY = "retry"
    RELEASE = "release"
    ASK = "ask"  # ask the provider whether it happened


class HoldSource(StrEnum):
    CHECK = "check"
    STEP = "step"
    PERSON = "person"


@dataclass(frozen=True)
class HoldRule:
    """`title` names the cause in a few words, `advice` tells staff what to do, `actions` are the clicks that help."""

    title: str
    advice: str
    actions: tuple[HoldAction, ...]
    release_means: str = "The order goes on as it is."


_RETRY, _RELEASE = HoldAction.RETRY, HoldAction.RELEASE
_K = HoldKind

CATALOGUE: dict[HoldKind, HoldRule] = {
    _K.ADDRESS_MISSING: HoldRule(
        "No delivery address",
        "The order needs shipping but came without an address. Ask the customer for one and fill it in.",
        (_RELEASE,),
        "The order goes on; the carrier will be asked with whatever address there is.",
    ),
    _K.ADDRESS_MALFORMED: HoldRule(
        "Address does not look right",
        "The postcode or a required line does not fit the country. Correct it, with the customer if need be; release only if"
        " it is right as it is.",
        (_RELEASE,),
        "The address is taken as it is and goes on to the carrier's own check.",
    ),
    _K.COUNTRY_NOT_SERVED: HoldRule(
        "Country not served",
        "We do not deliver to this country. Agree another address with the customer, or release to ship all the same.",
        (_RELEASE,),
    ),
    _K.PO_BOX: HoldRule(
        "PO box address",
        "Many carriers refuse PO boxes. Ask for a street address and fill it in, or release if this carrier delivers to boxes.",
        (_RELEASE,),
    ),
    _K.TAX_ID_MALFORMED: HoldRule(
        "Tax number does not look right",
        "The customer's tax number does not have its country's form, so the invoice would carry a wrong one. Ask the"
        " customer and correct it, or release to invoice with the number as it is.",
        (_RELEASE,),
        "The number is taken as it is and goes onto the invoice.",
    ),
    _K.SKU_UNKNOWN: HoldRule(
        "Item not in our catalogue",
        "The shop sent an item number that we do not stock. Say which of our items it is; the shop's next orders"
        " follow that by themselves.",
        (_RELEASE,),
        "The item is shipped under the shop's own number; nothing is reserved for it.",
    ),
    _K.OUT_OF_STOCK: HoldRule(
        "Out of stock",
        "There is less stock than was ordered. Restock, then retry: what is missing is reserved first.",
        (_RETRY, _RELEASE),
        "The order goes on with the stock there is; what is missing is not reserved.",
    ),
    _K.PAYMENT_TERMS: HoldRule(
        "To be paid later",
        "The customer pays by invoice, cheque or on delivery. Release if you accept that for this customer.",
        (_RELEASE,),
        "The order goes on without money received.",
    ),
    _K.FRAUD_RISK: HoldRule(
        "Risk of fraud",
        "The shop marked this order as risky. Check customer, address and payment, then release, or cancel it.",
        (_RELEASE,),
    ),
    _K.CUSTOMER_NOTE: HoldRule(
        "Customer left a note", "Read the note: it may change what to send. Then release.", (_RELEASE,)
    ),
    _K.CUSTOMISATION: HoldRule(
        "Made to the customer's wish", "Check that the wishes on the items can be met. Then release.", (_RELEASE,)
    ),
    _K.ORDER_AMENDED: HoldRule(
        "Changed in the shop",
        "The shop sent this order again with other contents. Compare both, settle the difference, then release.",
        (_RELEASE,),
        "The order goes on as it was first received.",
    ),
    _K.CANCELLED_IN_SHOP: HoldRule(
        "Cancelled in the shop",
        "The customer or the shop called this order off. Stop the parcel and pay back what was captured; release only"
        " if it is to be sent all the same.",
        (_RELEASE,),
        "The order goes on although the shop has cancelled it.",
    ),
    _K.OLDER_THAN_RESTORE: HoldRule(
        "May be done already",
        "The database was restored from a backup after this order was placed, so it may have been here before, under"
        " another number. Look for it at payment provider, invoicing and carrier; release only if it is not there.",
        (_RELEASE,),
        "The order goes on from its beginning: payment, invoice and label.",
    ),
    _K.PAYMENT_DECLINED: HoldRule(
        "Payment declined",
        "The customer's bank refused the charge. Ask the customer to check the card or to use another, then retry.",
        (_RETRY,),
    ),
    _K.PAYMENT_MISMATCH: HoldRule(
        "Payment does not match",
        "The amount or currency paid differs from the order. Settle the difference with the customer, then retry.",
        (_RETRY,),
    ),
    _K.PAYMENT_REFUSED: HoldRule(
        "Payment provider refused",
        "The payment provider refused the request itself. Read its answer, mend the cause, then retry.",
        (_RETRY,),
    ),
    _K.ADDRESS_INVALID: HoldRule(
        "Address not deliverable",
        "The carrier cannot find this address. Correct it, and the carrier is asked again; retry asks about it as it is,"
        " release ships anyway.",
        (_RETRY, _RELEASE),
        "The address is taken as it is and the label is bought without the carrier's check.",
    ),
    _K.SHIPMENT_NOT_ACCEPTED: HoldRule(
        "Carrier refused the parcel",
        "The carrier did not accept the shipment. Read its answer and correct what it names (weight, address), or retry.",
        (_RETRY,),
    ),
    _K.SHIPMENT_OUT_OF_STOCK: HoldRule(
        "Warehouse is out of stock",
        "The warehouse cannot pack this order. Retry when the goods are there.",
        (_RETRY,),
    ),
    _K.CARRIER_FUNDS: HoldRule(
        "Carrier account is empty",
        "The shipping account has too little money for the label. Top it up, then retry.",
        (_RETRY,),
    ),
    _K.PROVIDER_CREDENTIALS: HoldRule(
        "Provider refuses our key",
        "The provider does not accept our credentials. An administrator must renew the key, then retry.",
        (_RETRY,),
    ),
    _K.PROVIDER_REFUSED: HoldRule(
        "Provider refused", "The provider refused the request. Read its answer, mend the cause, then retry.", (_RETRY,)
    ),
    _K.PROVIDER_UNAVAILABLE: HoldRule(
        "Provider does not answer",
        "All tries failed to get an answer. Retry when the provider works again.",
        (_RETRY,),
    ),
    _K.PROVIDER_NOT_CONNECTED: HoldRule(
        "No provider connected",
        "Nothing is connected that could do this. An administrator must set the provider's key, then retry.",
        (_RETRY,),
    ),
    _K.OUTCOME_UNKNOWN: HoldRule(
        "Outcome unknown",
        "The provider may or may not have done it. Ask the provider: only what it has no trace of is sent once more.",
        (HoldAction.ASK,),
    ),
    _K.INTERNAL_ERROR: HoldRule(
        "Something went wrong in Holdfast",
        "Holdfast itself failed here and sent nothing. Give an administrator the reference; retry when it is mended.",
        (_RETRY,),
    ),
    _K.PAYMENT_DISPUTED: HoldRule(
        "Payment disputed",
        "The customer's bank questions the payment. Do not ship. Answer the dispute at the provider, or cancel the order;"
        " release only if it is to be sent all the same.",
        (_RELEASE,),
        "The order goes on although its payment is disputed.",
    ),
    _K.DELIVERY_EXCEPTION: HoldRule(
        "Trouble on delivery",
        "The carrier reports a problem with the parcel. Contact carrier or customer; release when it is settled.",
        (_RELEASE,),
        "The hold is closed; the parcel's next scan brings the order on.",
    ),
    _K.CANCELLATION_INCOMPLETE: HoldRule(
        "Cancellation is not complete",
        "A part of the cancellation did not succeed. Read why, mend it and retry. Release only if you have seen to it"
        " another way: the cancellation then goes on without it.",
        (_RETRY, _RELEASE),
        "The cancellation goes on without this part; nothing more is tried.",
    ),
    _K.RETURN_TO_AGREE: HoldRule(
        "Return to be agreed",
        "The carrier already has the parcel of an order that is being cancelled. Agree with the customer to refuse it or"
        " to send it back, then release and write down what was agreed.",
        (_RELEASE,),
        "The return is agreed; the cancellation goes on.",
    ),
    _K.BEING_CANCELLED: HoldRule(
        "Being cancelled",
        "The cancellation is under way, one part after the other. Where one of them failed, mend that; the rest follows"
        " by itself.",
        (),
    ),
    _K.BY_STAFF: HoldRule(
        "Held by staff", "A colleague stopped this order. Read the reason, then release.", (_RELEASE,)
    ),
    _K.FRAUD_SUSPECTED: HoldRule(
        "Fraud suspected",
        "A colleague suspects fraud. Check customer, address and payment, then cancel the order, or release it: that takes"
        " two people.",
        (_RELEASE,),
    ),
}

NEEDS_REASON = frozenset(
    {
        _K.BY_STAFF,
        _K.FRAUD_RISK,
        _K.FRAUD_SUSPECTED,
        _K.PAYMENT_TERMS,
        _K.CANCELLED_IN_SHOP,
        _K.OLDER_THAN_RESTORE,
        _K.CANCELLATION_INCOMPLETE,
        _K.RETURN_TO_AGREE,
        _K.PAYMENT_DISPUTED,
    }
)
"""Kinds whose release must be explained: a person's hold, and where money is at stake."""

BY_HAND = frozenset({_K.BY_STAFF, _K.FRAUD_SUSPECTED})
"""Kinds that people place."""
