from django.apps import AppConfig


class SetupConfig(AppConfig):
    name = "psa.edges.setup"
    label = "setup"
