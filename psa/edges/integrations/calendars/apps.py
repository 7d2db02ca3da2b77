from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "psa.edges.integrations.calendars"
    label = "calendars"
