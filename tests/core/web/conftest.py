"""Requests as the tenant middleware leaves them, without a tenant behind them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from psa.core.actor import Actor

MakeRequest = Callable[..., HttpRequest]


@pytest.fixture
def make_request() -> MakeRequest:
    """GET or POST as Priya, with the permissions named."""

    def make(
        path: str = "/list/",
        *,
        permissions: tuple[str, ...] = (),
        data: dict[str, Any] | None = None,
        htmx: bool = False,
        **headers: str,
    ) -> HttpRequest:
        factory = RequestFactory()
        if htmx:
            headers["HX-Request"] = "true"
        if data is None:
            request: Any = factory.get(path, headers=headers)
        else:
            request = factory.post(path, data, headers=headers)
        request.actor = Actor(1, 1, 1, frozenset(permissions))
        request.membership = SimpleNamespace(pk=1, name="Priya Raman", email="priya@acme.test")
        request.tenant = SimpleNamespace(id=1, slug="acme", name="Acme", accent="")
        request.htmx = HtmxDetails(request)
        request._messages = CookieStorage(request)
        return request

    return make
