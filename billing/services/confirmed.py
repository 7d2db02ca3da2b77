"""Telling that an invoice was confirmed, or a department charged: on record, and its owner."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from billing.events import BillingEvent
from billing.models import Invoice
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.notifications import services as notifications


def record(invoice: Invoice, actor: Actor, at: datetime) -> None:
    """In the trails of the invoice and of its proposal."""
    assert invoice.proposal_id is not None  # every invoice was a proposal
    event = BillingEvent.INVOICE_CONFIRMED
    sentence = f"Confirmed invoice {invoice.number}, dated {invoice.issued_on:%-d %b %Y}"
    if invoice.is_charge:
        event = BillingEvent.CHARGE_CONFIRMED
        sentence = f"Charged {invoice.account.name} by journal: {invoice.number}"
    for record_type, record_id in (
        ("billing.Invoice", invoice.pk),
        ("billing.Proposal", invoice.proposal_id),
    ):
        audit.record(
            actor=actor,
            at=at,
            event=event,
            record_type=record_type,
            record_id=record_id,
            sentence=sentence,
        )


def tell_owner(invoice: Invoice, actor: Actor, at: datetime) -> None:
    """The contract's owner, unless they confirmed it themselves."""
    owner_id = invoice.contract.owner_id
    if owner_id == actor.membership_id:
        return
    notifications.notify(
        membership_ids=[owner_id],
        event=BillingEvent.INVOICE_CONFIRMED,
        title=(
            f"Internal charge {invoice.number} was confirmed"
            if invoice.is_charge
            else f"Invoice {invoice.number} was confirmed"
        ),
        body=f"{invoice.account.name}, contract {invoice.contract.number}",
        path=reverse("billing:invoice", urlconf=settings.TENANT_URLCONF, args=[invoice.pk]),
        at=at,
    )
