from django.apps import AppConfig


class RevenueConfig(AppConfig):
    name = "revenue"

    def ready(self) -> None:
        from psa.core.access import registry

        from .permissions import RevenuePermission

        registry.register(RevenuePermission)
