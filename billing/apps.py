from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from psa.core.access import registry

        from .permissions import BillingPermission

        registry.register(BillingPermission)
