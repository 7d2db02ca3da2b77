from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents
        from psa.core.ledger import dimensions
        from psa.core.notifications import document_mails, events
        from psa.core.org import unit_uses

        from . import record_documents
        from .events import LIMIT_PASSED, QUOTE_MAILED, QUOTE_MAILING, QUOTE_NOT_MAILED
        from .permissions import SalesPermission
        from .selectors.contracts import has_contracts_of_unit
        from .selectors.quote_mails import name_and_path
        from .services.departments import has_department_of_unit

        registry.register(SalesPermission)
        for record_type, (can_see, can_add) in record_documents.RECORDS.items():
            documents.register(record_type, can_see=can_see, can_add=can_add)
        dimensions.register("contract_id", "sales_contract")
        dimensions.register("contract_line_id", "sales_contractline")
        dimensions.register("funding_source_id", "sales_fundingsource")
        dimensions.register("account_id", "sales_account")
        unit_uses.register("it has contracts", has_contracts_of_unit)
        unit_uses.register("it pays a contract", has_department_of_unit)
        events.register(
            events.Event(LIMIT_PASSED, "A limit of my contract is close or reached", email=True),
            events.Event(QUOTE_NOT_MAILED, "A quote I sent could not be delivered"),
        )
        document_mails.register(
            "sales.Quote",
            document_mails.Mailed(
                asked=QUOTE_MAILING, sent=QUOTE_MAILED, not_sent=QUOTE_NOT_MAILED,
                about=name_and_path,
            ),
        )  # fmt: skip
