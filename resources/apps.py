from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "resources"

    def ready(self) -> None:
        from psa.core.access import registry

        from .permissions import ResourcesPermission

        registry.register(ResourcesPermission)
