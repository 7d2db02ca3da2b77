"""Firms as small as identity needs them."""

import pytest

from tests.factories import Firm, make_firm

CAST = {
    "ada": "administrator",
    "ben": "team_member",
    "fay": "finance_manager",
    "priya": "project_manager",
}


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm("acme", cast=CAST)
