from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "psa.edges.api"
    label = "api"

    def ready(self) -> None:
        from . import jobs  # noqa: F401
