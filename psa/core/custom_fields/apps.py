from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CustomFieldsConfig(AppConfig):
    """Fields that a firm adds to its records."""

    name = "psa.core.custom_fields"
    label = "custom_fields"

    def ready(self) -> None:
        autodiscover_modules("record_fields")
