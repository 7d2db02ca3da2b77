from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "psa.edges.identity"
    label = "identity"
