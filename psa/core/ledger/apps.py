from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "psa.core.ledger"
    label = "ledger"
