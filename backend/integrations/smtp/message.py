"""A mail as the bytes that go out; nothing in its fields can add a header or a recipient."""

import email.policy
import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from backend import clock
from backend.ports.calls import Rejected
from backend.ports.notifications import Mail

PROVIDER = "smtp"

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_NOT_IN_LOCAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")
_NOT_IN_DOMAIN = re.compile(r"[^A-Za-z0-9.-]")


def build(mail: Mail, sender: Address, to: Address) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = plain(mail.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = _message_id(mail.message_id, sender.domain)
    message["X-Holdfast-Order"] = plain(mail.order_number)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        main, _, sub = plain(attachment.media_type).partition("/")
        message.add_attachment(
            attachment.content,
            maintype=main or "application",
            subtype=sub or "octet-stream",
            filename=plain(attachment.filename),
        )
    return message


def address(text: str, display_name: str = "") -> Address:
    """One address, its domain in ASCII; anything that is not exactly one address is `Rejected`."""
    local, _, domain = plain(text).rpartition("@")
    try:
        if not local or ("." not in domain and domain != "localhost"):
            raise ValueError("no local part or no domain")
        ascii_domain = domain.encode("idna").decode("ascii")
        if re.search(r"[\s,;:<>()\[\]\\\"@]", local + ascii_domain):
            raise ValueError("a character that belongs to no address")
        return Address(plain(display_name), username=local, domain=ascii_domain)
    except (ValueError, UnicodeError, HeaderParseError, IndexError) as error:
        raise Rejected(PROVIDER, "The e-mail address of the recipient is not one address; correct it.") from error


def plain(text: str) -> str:
    """One line of text: every run of control characters becomes a space."""
    return _CONTROL.sub(" ", text).strip()


def _message_id(wanted: str, domain: str) -> str:
    """`wanted` in angle brackets, with our domain where it has none; what cannot stand in a Message-ID is left out."""
    local, _, own_domain = wanted.rpartition("@") if "@" in wanted else (wanted, "", domain)
    bare = _NOT_IN_LOCAL.sub("", local)
    if not bare:
        raise ValueError("a mail needs a message id")
    return f"<{bare}@{_NOT_IN_DOMAIN.sub('', own_domain) or domain}>"
