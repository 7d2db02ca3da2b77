from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "psa.core.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from . import lookups  # noqa: F401  registers itself
