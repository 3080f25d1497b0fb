"""The SMTP sink: keeps what it takes, refuses, stalls and drops on request, and shows mails without running them."""

import smtplib
import time
from email.message import EmailMessage

import pytest

from tests.sandbox.running import Sandbox, eventually

ORDER = "ORD-20261121-00006"


def mail(order: str = ORDER, to: str = "anna@example.com", subject: str = "Your order is on its way") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@tidewater.example", to, subject
    message["Message-ID"] = f"<{order}.{subject.split()[-1]}@holdfast>"
    message["X-Holdfast-Order"] = order
    message.set_content("Hello Anna, größte Freude.")
    message.add_alternative("<p>Hello <b>Anna</b></p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"%PDF-1.4 demo", maintype="application", subtype="pdf", filename="INV-1.pdf")
    return message


def send(sandbox: Sandbox, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


def kept(sandbox: Sandbox, **wanted: str) -> list[str]:
    mails = sandbox.http.get("/control/mails", params=wanted).json()["mails"]
    return [item["subject"] for item in mails]


def test_a_mail_is_kept_journalled_and_found(sandbox: Sandbox) -> None:
    send(sandbox, mail())
    send(sandbox, mail("ORD-20261121-00007", "ben@example.com", "Order received"))

    assert kept(sandbox) == ["Order received", "Your order is on its way"]
    assert kept(sandbox, to="anna@") == ["Your order is on its way"]
    assert kept(sandbox, subject="RECEIVED") == ["Order received"]
    assert kept(sandbox, order=ORDER) == ["Your order is on its way"]
    assert kept(sandbox, message_id=f"{ORDER}.way@holdfast") == ["Your order is on its way"]
    (entry,) = sandbox.journal(provider="smtp", order=ORDER)
    assert (entry["kind"], entry["reference"], entry["key"]) == ("mail.received", ORDER, f"<{ORDER}.way@holdfast>")


def test_a_mail_can_be_read_with_its_parts_and_attachments(sandbox: Sandbox) -> None:
    send(sandbox, mail())
    (listed,) = sandbox.http.get("/control/mails").json()["mails"]

    whole = sandbox.http.get(f"/control/mails/{listed['id']}").json()
    attachment = sandbox.http.get(f"/mails/{listed['id']}/attachments/0")

    assert whole["plain"].strip() == "Hello Anna, größte Freude."
    assert "<b>Anna</b>" in whole["html"]
    assert whole["attachments"] == ["INV-1.pdf"]
    assert (attachment.content, attachment.headers["content-type"]) == (b"%PDF-1.4 demo", "application/pdf")
    assert attachment.headers["content-disposition"] == "attachment"
    assert sandbox.http.get(f"/mails/{listed['id']}/attachments/1").status_code == 404


def test_the_mail_page_shows_html_in_a_locked_frame_only(sandbox: Sandbox) -> None:
    send(sandbox, mail(subject="<img src=x onerror=alert(1)>"))
    (listed,) = sandbox.http.get("/control/mails").json()["mails"]

    pages = sandbox.http.get("/mails").text + sandbox.http.get(f"/mails/{listed['id']}").text

    assert 'sandbox=""' in pages
    assert "&lt;script&gt;alert(1)" in pages
    assert "<script>" not in pages
    assert "<img src=x" not in pages


@pytest.mark.parametrize(("fault", "code"), [("refuse", 550), ("error_5xx", 451)])
def test_refused_mails_are_not_kept(sandbox: Sandbox, fault: str, code: int) -> None:
    sandbox.fault("smtp", fault, "mail", order=ORDER, times=1)

    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(sandbox, mail())
    send(sandbox, mail("ORD-20261121-00008", subject="Other order"))

    assert refusal.value.smtp_code == code
    assert kept(sandbox) == ["Other order"]
    send(sandbox, mail())
    assert len(kept(sandbox)) == 2


@pytest.mark.parametrize(
    ("fault", "copies"),
    [("connection_cut", 0), ("accept_then_cut", 1), ("accept_then_hang", 1), ("accept_then_500", 1)],
)
def test_a_lost_reply_leaves_the_mail_kept_or_not_as_the_fault_says(sandbox: Sandbox, fault: str, copies: int) -> None:
    sandbox.fault("smtp", fault, "mail", times=1, delay_seconds=0.1)

    with pytest.raises(smtplib.SMTPException):
        send(sandbox, mail())

    assert len(kept(sandbox)) == copies


def test_a_slow_server_takes_the_mail_in_the_end(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "slow", "mail", times=1, delay_seconds=0.3)

    send(sandbox, mail())

    assert len(kept(sandbox)) == 1


def test_a_dripping_reply_takes_its_time_for_every_character(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "slow_drip", "mail", times=1, delay_seconds=0.03)
    begun = time.monotonic()

    send(sandbox, mail())

    assert time.monotonic() - begun >= 0.03 * len("250 2.0.0 Ok")
    assert len(kept(sandbox)) == 1


@pytest.mark.parametrize("status", [504, 0])
def test_a_mail_that_is_taken_late_was_answered_otherwise(sandbox: Sandbox, status: int) -> None:
    sandbox.fault("smtp", "accept_late", "mail", times=1, delay_seconds=0.5, status=status)

    with pytest.raises(smtplib.SMTPException):
        send(sandbox, mail())

    assert kept(sandbox) == []
    eventually(lambda: kept(sandbox))
    assert len(sandbox.journal(kind="mail.received")) == 1
