from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "psa.core.notifications"
    label = "notifications"

    def ready(self) -> None:
        from . import events
        from .views_devices import TRIED

        events.register(
            events.Event(TRIED, "A test that I send to my devices", push=True, is_personal=True)
        )
