from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "psa.core.tenancy"
    label = "tenancy"
