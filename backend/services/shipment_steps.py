"""Shipment steps: the carrier's address check, the label; and telling the shop where the parcel is."""

from sqlmodel import Session, col, select

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.money import display
from backend.domain.orders import OrderStatus
from backend.domain.permissions import provider_actor
from backend.domain.providers import carrier_name, provider_name
from backend.domain.steps import StepKind
from backend.domain.timeline import TimelineKind, Weight
from backend.domain.tracking import TrackingStatus
from backend.ports.calls import Call, Rejected
from backend.ports.channels import FulfilmentReceiver, FulfilmentTold, FulfilmentUpdate
from backend.ports.registry import Adapters
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, ParcelItem, PostalAddress, ShippingProvider
from backend.services import flow
from backend.services.step_handlers import Handler, NotNeeded, Success
from backend.store import inbox, orders, timeline
from backend.store.tables import Order, Parcel, Shipment, Step


def _shipping(adapters: Adapters, order: Order) -> ShippingProvider | None:
    return adapters.shipping


def ship_to(session: Session, order: Order) -> PostalAddress:
    """Where the order goes; an order without a delivery address goes to the billing address."""
    address = orders.address(session, order.id, "shipping") or orders.address(session, order.id, "billing")
    if address is None:
        return PostalAddress(orders.customer(session, order.customer_id).read("name"), "", "", "", "", "", "", "")
    return PostalAddress(
        name=address.read("name"),
        company=address.read("company"),
        line1=address.read("line1"),
        line2=address.read("line2"),
        city=address.city,
        postal_code=address.postal_code,
        province=address.province,
        country=address.country,
        phone=address.read("phone"),
        email=address.read("email"),
    )


def _still_to_ship(order: Order) -> None:
    if order.status != OrderStatus.CONFIRMED:
        raise NotNeeded(f"The order is {order.status}.")


def _prepare_verify(session: Session, order: Order, step: Step) -> PostalAddress:
    _still_to_ship(order)
    return ship_to(session, order)


def _verify(provider: ShippingProvider, address: PostalAddress, call: Call) -> AddressVerdict:
    verdict = provider.verify_address(address, call)
    if not verdict.deliverable:
        said = " ".join(verdict.messages) or "No reason was given."
        raise Rejected(
            provider.name, f"The carrier cannot deliver to this address. {said}", category=HoldKind.ADDRESS_INVALID
        )
    return verdict


def _apply_verified(session: Session, order: Order, step: Step, verdict: AddressVerdict) -> Success:
    remarks = f" Remarks: {' '.join(verdict.messages)}" if verdict.messages else ""
    return Success({"messages": list(verdict.messages)}, f"The carrier knows the address.{remarks}")


def _prepare_label(session: Session, order: Order, step: Step) -> LabelRequest:
    _still_to_ship(order)
    items = [item for item in orders.items(session, order.id) if item.requires_shipping]
    return LabelRequest(
        reference=step.key,
        order_number=order.number,
        channel_order=order.external_id,
        ship_to=ship_to(session, order),
        grams=sum(item.grams * item.quantity for item in items),
        items=tuple(
            ParcelItem(item.sku, item.name, item.quantity, item.grams, item.unit_price_minor) for item in items
        ),
        currency=order.currency,
    )


def _ship(session: Session, order: Order, step: Step, label: Label) -> None:
    """The shipment with its one parcel, as the label names it."""
    now = clock.now()
    shipment = Shipment(
        order_id=order.id,
        key=step.key,
        provider=step.provider,
        reference=label.reference,
        carrier=label.carrier,
        service=label.service,
        cost_minor=label.cost_minor,
        cost_currency=label.cost_currency,
        created_at=now,
    )
    session.add(shipment)
    session.flush()
    session.add(
        Parcel(
            shipment_id=shipment.id,
            order_id=order.id,
            provider=step.provider,
            tracking_number=label.tracking_number,
            tracking_url=label.tracking_url,
            label_url=label.label_url,
            grams=sum(item.grams * item.quantity for item in orders.items(session, order.id) if item.requires_shipping),
            status=TrackingStatus.LABEL_CREATED,
            updated_at=now,
        )
    )


def _apply_label(session: Session, order: Order, step: Step, label: Label) -> Success:
    _ship(session, order, step, label)
    carrier = carrier_name(label.carrier) if label.carrier else provider_name(step.provider)
    timeline.add(
        session,
        order.id,
        TimelineKind.LABEL_BOUGHT,
        f"Label bought from {carrier} for {display(label.cost_minor, label.cost_currency)};"
        f" tracking number {label.tracking_number}.",
        actor=provider_actor(step.provider),
        at=clock.now(),
        weight=Weight.MILESTONE,
        step_id=step.id,
    )
    flow.update_facts(session, order)
    inbox.unpark(session, label.tracking_number)
    return Success({"reference": label.reference, "tracking_number": label.tracking_number}, "Label bought.")


def _prepare_void(session: Session, order: Order, step: Step) -> str:
    shipment = session.exec(select(Shipment).where(Shipment.id == int(step.subject))).one()
    if shipment.state == "voided":
        raise NotNeeded("The label is voided already.")
    return shipment.reference


def _void(provider: ShippingProvider, reference: str, call: Call) -> str:
    provider.void_label(reference, call)
    return reference


def _apply_void(session: Session, order: Order, step: Step, reference: str) -> Success:
    shipment = session.exec(select(Shipment).where(Shipment.id == int(step.subject))).one()
    shipment.state = "voided"
    session.add(shipment)
    flow.update_facts(session, order)
    return Success({"reference": reference}, "Shipping label voided.")


def _receiver(adapters: Adapters, order: Order) -> FulfilmentReceiver | None:
    return adapters.fulfilment_receivers.get(order.channel)


def _prepare_update(session: Session, order: Order, step: Step) -> FulfilmentUpdate:
    parcel = session.exec(select(Parcel).where(Parcel.order_id == order.id).order_by(col(Parcel.id).desc())).first()
    if parcel is None:
        raise NotNeeded("There is no parcel to tell the shop of.")
    shipment = session.exec(select(Shipment).where(Shipment.id == parcel.shipment_id)).one()
    return FulfilmentUpdate(
        order_number=order.number,
        channel_order=order.external_id,
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        carrier=shipment.carrier,
    )


def _apply_told(session: Session, order: Order, step: Step, told: FulfilmentTold) -> Success:
    return Success({"reference": told.reference}, f"{provider_name(step.provider)} knows the tracking number.")


HANDLERS: dict[StepKind, Handler] = {
    StepKind.SHIPMENT_VERIFY_ADDRESS: Handler(_shipping, _prepare_verify, _verify, _apply_verified),
    StepKind.SHIPMENT_CREATE: Handler(
        _shipping,
        _prepare_label,
        lambda provider, request, call: provider.buy_label(request, call),
        _apply_label,
        ask=lambda provider, request, call: provider.find_label(request, call),
    ),
    StepKind.SHIPMENT_VOID: Handler(_shipping, _prepare_void, _void, _apply_void),
    StepKind.CHANNEL_UPDATE: Handler(
        _receiver,
        _prepare_update,
        lambda receiver, update, call: receiver.tell_fulfilment(update, call),
        _apply_told,
        ask=lambda receiver, update, call: receiver.find_fulfilment(update, call),
    ),
}
