from django.apps import AppConfig


class MoneyConfig(AppConfig):
    name = "psa.core.money"
    label = "money"
