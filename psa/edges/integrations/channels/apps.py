from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "psa.edges.integrations.channels"
    label = "channels"

    def ready(self) -> None:
        from psa.core.notifications import listeners

        from . import jobs  # noqa: F401
        from .services import deliveries

        listeners.register(
            "channels", listeners.Listener(wants=deliveries.wants, hear=deliveries.hear)
        )
