from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AutomationConfig(AppConfig):
    """Rules of the firm: when something happens and a condition holds, then."""

    name = "psa.core.automation"
    label = "automation"

    def ready(self) -> None:
        autodiscover_modules("automation")
