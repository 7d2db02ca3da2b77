from django.apps import AppConfig


class RepricingConfig(AppConfig):
    name = "psa.edges.repricing"
    label = "repricing"
