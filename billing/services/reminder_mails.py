"""The e-mails of reminders: each invoice with the text of its level, in one job."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from billing.events import BillingEvent
from billing.invoice_pdf import Detail
from billing.models import DunningLevel, DunningNotice, InvoiceDelivery
from billing.selectors.deliveries import language_of_invoice
from billing.services.deliveries import DELIVERY_JOB
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.jobs import services as jobs
from psa.core.notifications.addresses import checked_addresses


def mail_reminders(
    notices: Sequence[DunningNotice],
    levels: Mapping[int, DunningLevel],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Put the reminders on their way whose invoice names an address. A fixed number of queries.

    Raises  DomainError naming an invoice whose address is none.
    """
    by_mail = [notice for notice in notices if notice.recipient]
    if not by_mail:
        return
    for notice in by_mail:
        try:
            checked_addresses([notice.recipient])
        except DomainError as refusal:
            raise DomainError(f"{notice.invoice.number}: {refusal.message}") from refusal
    made = InvoiceDelivery.objects.bulk_create(
        InvoiceDelivery(
            tenant_id=actor.tenant_id,
            invoice=notice.invoice,
            recipient=notice.recipient,
            message=levels[notice.level].text_in(language_of_invoice(notice.invoice)),
            detail=Detail.SUMMARY.value,
            with_backup=False,
            request_key=f"dunning {notice.invoice_id}/{notice.level}",
            requested_at=at,
            sent_by_id=actor.membership_id,
            outcome="Waits for the mail server",
        )
        for notice in by_mail
    )
    jobs.start(
        kind=DELIVERY_JOB,
        key=f"reminders {by_mail[0].pk}-{by_mail[-1].pk}",
        title="Send 1 reminder" if len(made) == 1 else f"Send {len(made)} reminders",
        arguments={"delivery_ids": [row.pk for row in made]},
        actor=actor,
        at=at,
    )
    audit.record_many(
        actor=actor, at=at, event=BillingEvent.INVOICE_SENDING, record_type="billing.Invoice",
        items=[
            (notice.invoice_id, f"Asked to send it to {notice.recipient}", {})
            for notice in by_mail
        ],
    )  # fmt: skip
