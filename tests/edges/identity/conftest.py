"""Firms as small as identity needs them."""

import pytest

from tests.factories import SMALL_CAST, Firm, make_firm


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm("acme", cast=SMALL_CAST)
