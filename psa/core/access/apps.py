from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "psa.core.access"
    label = "access"

    def ready(self) -> None:
        from . import permissions, registry

        for declared in (
            permissions.AccessPermission,
            permissions.OrgPermission,
            permissions.PricingPermission,
            permissions.LedgerPermission,
            permissions.JobsPermission,
        ):
            registry.register(declared)
