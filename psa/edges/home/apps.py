from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "psa.edges.home"
    label = "home"
