from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "psa.edges.lifecycle"
    label = "lifecycle"
