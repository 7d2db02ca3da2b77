from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "psa.core.pricing"
    label = "pricing"
