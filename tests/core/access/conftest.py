"""Firms as small as signing in needs them."""

import pytest
from django.core.cache import cache

from tests.edges.identity.conftest import CAST
from tests.factories import Firm, make_firm


@pytest.fixture
def acme(db: None) -> Firm:
    cache.clear()
    return make_firm("acme", cast=CAST)
