from django.apps import AppConfig


class OrgConfig(AppConfig):
    name = "psa.core.org"
    label = "org"
