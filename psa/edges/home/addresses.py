"""Pages of a firm by name, wherever the question is asked from."""

from typing import Any

from django.conf import settings
from django.urls import reverse


def address(name: str, *args: Any) -> str:
    """The page's address inside the open firm."""
    return reverse(name, args=args, urlconf=settings.TENANT_URLCONF)
