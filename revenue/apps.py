from django.apps import AppConfig


class RevenueConfig(AppConfig):
    name = "revenue"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents

        from . import record_documents
        from .permissions import RevenuePermission

        registry.register(RevenuePermission)
        documents.register(
            "revenue.IntercompanyInvoice",
            can_see=record_documents.sees_intercompany_invoice,
            can_add=record_documents.may_post,
        )
