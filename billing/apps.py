from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents
        from psa.core.ledger import origins as ledger_origins
        from psa.core.notifications import events
        from timeexpense import holders as work_holders

        from . import holders, origins, record_documents
        from .events import BillingEvent
        from .permissions import BillingPermission

        registry.register(BillingPermission)
        documents.register(
            "billing.Invoice",
            can_see=record_documents.sees_invoice,
            can_add=record_documents.may_review,
        )
        documents.register(
            "billing.Proposal",
            can_see=record_documents.sees_proposal,
            can_add=record_documents.may_review,
        )
        documents.register(
            "billing.StatementDelivery",
            can_see=record_documents.sees_statements,
            can_add=record_documents.nobody,
        )
        for kind, describer in origins.DESCRIBERS.items():
            ledger_origins.register(kind, describer)
        for kind, namer in holders.NAMERS.items():
            work_holders.register(kind, namer)
        events.register(
            events.Event(BillingEvent.INVOICE_CONFIRMED, "An invoice of my contract is confirmed"),
            events.Event(BillingEvent.MILESTONE_PROMPTED, "A milestone can be invoiced"),
            events.Event(BillingEvent.INVOICE_NOT_SENT, "An invoice I sent could not be delivered"),
            events.Event(
                BillingEvent.STATEMENT_NOT_SENT, "A statement I sent could not be delivered"
            ),
        )
