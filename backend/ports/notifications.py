"""Messages to people: mail today; each carries an id of its own so that receivers can drop repeats."""

from dataclasses import dataclass
from typing import Protocol

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.ports.calls import Call


@dataclass(frozen=True)
class Attachment:
    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """`message_id` is derived from the step's key, so a repeat is the same message. `order_number` is for our header."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str
    order_number: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class MailSent:
    message_id: str


class Mailer(Protocol):
    name: str

    def guarantees(self, kind: StepKind) -> Guarantees: ...

    def send(self, mail: Mail, call: Call) -> MailSent: ...
