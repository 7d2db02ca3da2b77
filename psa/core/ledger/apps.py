from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "psa.core.ledger"
    label = "ledger"

    def ready(self) -> None:
        from psa.core.org import unit_uses

        from .selectors import has_actuals_of_unit

        unit_uses.register("work of it is in the books", has_actuals_of_unit)
