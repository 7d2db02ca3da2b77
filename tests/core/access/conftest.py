"""Firms as small as signing in needs them."""

import pytest
from django.core.cache import cache

from tests.factories import SMALL_CAST, Firm, make_firm


@pytest.fixture
def acme(db: None) -> Firm:
    cache.clear()
    return make_firm("acme", cast=SMALL_CAST)
