"""The SMTP sink: takes mail for anyone, keeps it in the state, refuses or stalls when a fault says so."""

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from backend.sandbox import clock
from backend.sandbox.faults import BUSY, Call, delay_of
from backend.sandbox.store import Document
from backend.sandbox.world import World

ACCEPTED = "250 2.0.0 Ok: kept"
TEMPORARY = "451 4.3.0 Temporary failure, please try again later"
REFUSED = "550 5.7.1 Message refused: the mailbox does not accept mail from you"
SIZE_LIMIT = 32 * 1024 * 1024


class Sink:
    """Handler of one SMTP server."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self) -> asyncio.Server:
        """Listen on the configured port."""

        def session() -> SMTP:
            return _Session(self, data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, ident="sandbox")

        config = self._world.config
        return await asyncio.get_running_loop().create_server(session, config.host, config.smtp_port)

    async def handle_DATA(self, server: "_Session", _: Session, envelope: Envelope) -> str:
        """Take one message, or not; returns the SMTP reply."""
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        message: EmailMessage = message_from_bytes(raw, policy=default)
        order = str(message.get("X-Holdfast-Order", "")).strip()
        recipients = [str(address) for address in envelope.rcpt_tos]
        call = Call("smtp", "mail", tuple(filter(None, (order, *recipients))))
        fault = self._world.faults.strike(call)
        kind = fault["fault"] if fault else None
        if kind == "refuse":
            reply = REFUSED
        elif kind in ("error_5xx", *BUSY):
            reply = TEMPORARY
        elif kind == "connection_cut":
            return server.cut()
        elif kind == "accept_late" and fault:
            sender = str(envelope.mail_from or "")
            self._world.late.promise(call, delay_of(fault), lambda: self._keep(raw, message, recipients, sender, order))
            return server.cut() if fault["status"] == 0 else TEMPORARY
        else:
            if kind == "slow" and fault:
                await asyncio.sleep(delay_of(fault))
            self._keep(raw, message, recipients, str(envelope.mail_from or ""), order)
            reply = TEMPORARY if kind == "accept_then_500" else ACCEPTED
        self._world.store.commit()
        if kind == "accept_then_hang" and fault:
            await asyncio.sleep(delay_of(fault))
        if kind == "slow_drip" and fault:
            return await server.drip(reply, delay_of(fault))
        return server.cut() if kind in ("accept_then_cut", "accept_then_hang") else reply

    def _keep(self, raw: bytes, message: EmailMessage, recipients: list[str], sender: str, order: str) -> Document:
        number = self._world.store.next_number("mail")
        mail: Document = {
            "id": number,
            "at": clock.iso_millis(),
            "from": sender,
            "to": recipients,
            "subject": str(message.get("Subject", "")),
            "message_id": str(message.get("Message-ID", "")).strip(),
            "order": order or None,
            "size": len(raw),
            "attachments": [part.get_filename() or "unnamed" for part in message.iter_attachments()],
        }
        self._world.store.put_blob(f"mail:{number}", raw)
        self._world.store.put("mails", str(number), mail)
        self._world.journal.accept(
            "smtp",
            "mail.received",
            reference=order or None,
            key=str(mail["message_id"]) or None,
            to=", ".join(recipients),
            subject=mail["subject"],
        )
        return mail


class _Session(SMTP):
    """aiosmtpd's protocol, with a way to drop the line."""

    def __init__(self, handler: Any, **options: Any) -> None:
        super().__init__(handler, **options)

    async def drip(self, reply: str, pause: float) -> str:
        """Write a reply slowly; returns its end, which is left to be written."""
        for character in reply[:-1]:
            if isinstance(self.transport, asyncio.WriteTransport) and not self.transport.is_closing():
                self.transport.write(character.encode())
                await asyncio.sleep(pause)
        return reply[-1]

    def cut(self) -> str:
        """Drop the connection; the reply that SMTP wants cannot be read by anyone any more."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        return TEMPORARY


def parsed(world: World, mail_id: str) -> EmailMessage | None:
    """A kept message, or None."""
    raw = world.store.get_blob(f"mail:{mail_id}")
    return None if raw is None else message_from_bytes(raw, policy=default)


def find(world: World, *, to: str = "", subject: str = "", message_id: str = "", order: str = "") -> list[Document]:
    """Mails, newest first: `to` and `subject` anywhere in theirs, `message_id` exact, `order` any name of an order."""
    names = world.references.expand([order]) if order else set()
    return [
        mail
        for mail in world.store.newest_first("mails")
        if (not to or to.lower() in " ".join(mail["to"]).lower())
        and (not subject or subject.lower() in mail["subject"].lower())
        and (not message_id or mail["message_id"] in (message_id, f"<{message_id}>"))
        and (not names or mail["order"] in names)
    ]
