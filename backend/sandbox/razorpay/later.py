"""What happens to Razorpay payments later: refunds that end after their answer, and disputes."""

from contextlib import suppress

from backend.sandbox import clock, refunding
from backend.sandbox.razorpay.errors import RazorpayError
from backend.sandbox.razorpay.ledger import Ledger
from backend.sandbox.store import Document

ENDS = (("pending", "processed"), ("pending", "failed"), ("processed", "failed"))


class Later:
    """The bank's word, given by hand or by itself after a while."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.world.agenda.on("razorpay.refund", self._end)

    def expect(self, refund: Document, how: str) -> None:
        """Let a refund end by itself where it goes that way."""
        if how in ("later", "fails"):
            delay = refunding.ENDS_AFTER_SECONDS * self._ledger.world.config.pace
            status = "failed" if how == "fails" else "processed"
            self._ledger.world.agenda.add("razorpay.refund", delay, refund=refund["id"], status=status)

    async def _end(self, job: Document) -> float | None:
        with suppress(RazorpayError):  # somebody has ended it by hand
            self.settle(self._ledger.get("refund", job["payload"]["refund"]), job["payload"]["status"])
        return None

    def settle(self, refund: Document, status: str) -> Document:
        """A refund ends: pending → processed or failed, processed → failed. Raises RazorpayError."""
        if (refund["status"], status) not in ENDS:
            raise RazorpayError(f"A refund that is {refund['status']} cannot become {status}.")
        payment = self._ledger.get("payment", refund["payment_id"])
        had_left = refund["status"] == "processed"
        refund["status"] = status
        marks = refund["notes"] if isinstance(refund["notes"], dict) else payment["notes"]
        if status == "failed":
            payment["amount_refunded"] -= refund["amount"]
            payment["refund_status"] = "partial" if payment["amount_refunded"] else None
            payment["status"] = "captured"
            self._ledger.save(payment)
            self._ledger.note("refund.failed", {**refund, "amount": refund["amount"] if had_left else 0}, marks)
        else:
            key = (self._ledger.world.store.get("razorpay_refund_asked", refund["id"]) or {}).get("key")
            self._ledger.note("payment.refunded", refund, marks, key=key)
        self._ledger.save(refund)
        self._ledger.emit(f"refund.{status}", refund, payment)
        return refund

    def dispute(self, payment: Document, *, amount: int | None = None, inquiry: bool = False) -> Document:
        """The customer's bank questions a captured payment; a plain inquiry takes no money yet. Raises RazorpayError."""
        amount = payment["amount"] if amount is None else amount
        if not payment["captured"] or not 0 < amount <= payment["amount"] or self._open(payment):
            raise RazorpayError("This payment cannot be disputed (again) for this amount.")
        dispute = {
            "id": self._ledger.world.ids.text("disp_", 14),
            "entity": "dispute",
            "payment_id": payment["id"],
            "amount": amount,
            "currency": payment["currency"],
            "amount_deducted": 0 if inquiry else amount,
            "reason_code": "chargeback",
            "respond_by": clock.unix_seconds() + 7 * 86_400,
            "status": "open",
            "phase": "retrieval" if inquiry else "chargeback",
            "created_at": clock.unix_seconds(),
        }
        self._ledger.save(dispute)
        if not inquiry:
            self._ledger.note("payment.charged_back", dispute, payment["notes"])
        self._ledger.emit("payment.dispute.created", dispute, payment)
        return dispute

    def close(self, dispute: Document, *, won: bool) -> Document:
        """The bank decides. Raises RazorpayError."""
        if dispute["status"] != "open":
            raise RazorpayError(f"This dispute is already {dispute['status']}.")
        payment = self._ledger.get("payment", dispute["payment_id"])
        taken, dispute["status"] = dispute["amount_deducted"], "won" if won else "lost"
        if won and taken:
            self._ledger.note("payment.chargeback_reversed", dispute, payment["notes"])
        elif not won and not taken:
            self._ledger.note("payment.charged_back", dispute, payment["notes"])
        dispute["amount_deducted"] = 0 if won else dispute["amount"]
        self._ledger.save(dispute)
        self._ledger.emit(f"payment.dispute.{dispute['status']}", dispute, payment)
        return dispute

    def _open(self, payment: Document) -> bool:
        disputes = self._ledger.newest_first("dispute", payment_id=payment["id"])
        return any(dispute["status"] != "won" for dispute in disputes)
