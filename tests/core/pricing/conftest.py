"""The firm that tests of pricing run in."""

from collections.abc import Iterator

import pytest

from psa.core.tenancy.scope import tenant_scope
from tests.core.pricing.firm import Firm, fill_firm, make_firm
from tests.database import StandingScene


@pytest.fixture
def firm(standing_scene: StandingScene[Firm]) -> Iterator[Firm]:
    """Acme, with its scope open."""
    made = standing_scene(filled_firm)
    with tenant_scope(made.tenant.pk):
        yield made


def filled_firm() -> Firm:
    made = make_firm()
    with tenant_scope(made.tenant.pk):
        fill_firm(made)
    return made
