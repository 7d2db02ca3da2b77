"""System checks of what rooms register."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.urls import NoReverseMatch, reverse

from psa.core.web import navigation


@register("web")
def navigation_leads_somewhere(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Every registered place and command must be a URL without arguments."""
    urlconf = getattr(settings, "TENANT_URLCONF", None)
    found: list[CheckMessage] = []
    for item in navigation.registered():
        try:
            reverse(item.url_name, urlconf=urlconf)
        except NoReverseMatch as error:
            found.append(Error(f"Navigation item {item.label!r}: {error}", id="web.E001"))
    return found
