"""E-mail addresses and phone numbers as people type them: what is wrong with one, as a sentence for beside its field."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email


def email_error(email: str) -> str:
    """Why nothing can be sent to this address; empty when it is well formed, or when there is none."""
    if not email:
        return ""
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return f"This is not an e-mail address: {str(error).rstrip('.')}."
    return ""


def phone_error(phone: str, country: str) -> str:
    """Why this cannot be a phone number, read as one of `country` where it comes without a country's code."""
    if not phone:
        return ""
    try:
        parsed = phonenumbers.parse(phone, country.upper() or None)
    except phonenumbers.NumberParseException:
        return "This is not a phone number. Begin with + and the country's code."
    if not phonenumbers.is_possible_number(parsed):
        return "This phone number is too long or too short for its country."
    return ""
