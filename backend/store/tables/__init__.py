"""The whole model; importing this package registers every table with SQLModel's metadata."""

from backend.store.tables.approvals import Approval
from backend.store.tables.bulk import BulkMember, BulkRun
from backend.store.tables.customers import Address, Customer
from backend.store.tables.documents import Invoice, NumberSeries
from backend.store.tables.history import AuditEntry, HeldOrder, Hold, Incident, Note, TimelineEntry
from backend.store.tables.inbound import InboxCounter, InboxDecision, InboxMessage
from backend.store.tables.mending import OrderAmendment, SkuAlias
from backend.store.tables.orders import DiscountSnapshot, Order, OrderDay, OrderItem, PricingSnapshot
from backend.store.tables.payments import PaymentEntry, PaymentTotals, Refund
from backend.store.tables.shipping import Parcel, Shipment, TrackingScan
from backend.store.tables.staff import ApiToken, Setting, SignInFailure, StaffSession, User
from backend.store.tables.stock import InventoryItem, Reservation, StockMovement
from backend.store.tables.teamwork import DeskNotice, DeskViewer, DeskWork, NoteMention, NoteVersion
from backend.store.tables.views import SavedView
from backend.store.tables.work import Attempt, AttemptOriginal, Breaker, Sending, Step, Worker

__all__ = [
    "Address",
    "ApiToken",
    "Approval",
    "Attempt",
    "AttemptOriginal",
    "AuditEntry",
    "Breaker",
    "BulkMember",
    "BulkRun",
    "Customer",
    "DeskNotice",
    "DeskViewer",
    "DeskWork",
    "DiscountSnapshot",
    "HeldOrder",
    "Hold",
    "InboxCounter",
    "InboxDecision",
    "InboxMessage",
    "Incident",
    "InventoryItem",
    "Invoice",
    "Note",
    "NoteMention",
    "NoteVersion",
    "NumberSeries",
    "Order",
    "OrderAmendment",
    "OrderDay",
    "OrderItem",
    "Parcel",
    "PaymentEntry",
    "PaymentTotals",
    "PricingSnapshot",
    "Refund",
    "Reservation",
    "SavedView",
    "Sending",
    "Setting",
    "Shipment",
    "SignInFailure",
    "SkuAlias",
    "StaffSession",
    "Step",
    "StockMovement",
    "TimelineEntry",
    "TrackingScan",
    "User",
    "Worker",
]
