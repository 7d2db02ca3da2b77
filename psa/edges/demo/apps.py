from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "psa.edges.demo"
    label = "demo"
