"""The firm that tests of pricing run in."""

from collections.abc import Iterator

import pytest

from psa.core.tenancy.scope import tenant_scope
from tests.core.pricing.firm import Firm, fill_firm, make_firm


@pytest.fixture
def firm(db: None) -> Iterator[Firm]:
    """Acme, with its scope open."""
    made = make_firm()
    with tenant_scope(made.tenant.pk):
        fill_firm(made)
        yield made
