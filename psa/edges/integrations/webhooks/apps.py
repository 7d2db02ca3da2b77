from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "psa.edges.integrations.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from . import jobs  # noqa: F401
