from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "psa.edges.integrations.imports"
    label = "imports"

    def ready(self) -> None:
        from . import kind_registry

        kind_registry.load()
