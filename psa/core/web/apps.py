from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebConfig(AppConfig):
    """What pages are made of: lists, forms, navigation, formats."""

    name = "psa.core.web"
    label = "web"
    verbose_name = "Web"

    def ready(self) -> None:
        from psa.core.web import checks  # noqa: F401  registers the system checks

        autodiscover_modules("navigation", "undo")
