from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "psa.core.notifications"
    label = "notifications"
