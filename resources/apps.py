from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "resources"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.notifications import events
        from psa.core.org import booked

        from .events import NOTIFIED
        from .permissions import ResourcesPermission
        from .selectors.bookings import BookingsOfRoom

        registry.register(ResourcesPermission)
        booked.register(BookingsOfRoom())
        events.register(
            *(
                events.Event(event, label, email=mails, is_personal=True)
                for event, label, mails in NOTIFIED
            )
        )
