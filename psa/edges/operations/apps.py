from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "psa.edges.operations"
    label = "operations"
