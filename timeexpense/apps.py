from django.apps import AppConfig


class TimeExpenseConfig(AppConfig):
    name = "timeexpense"

    def ready(self) -> None:
        from psa.core.access import registry

        from .permissions import TimeExpensePermission

        registry.register(TimeExpensePermission)
