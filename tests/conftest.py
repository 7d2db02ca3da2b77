"""What all tests share: the databases, the browser, and the cast."""

import pytest
from hypothesis import HealthCheck, settings

from tests import factories

pytest_plugins = ["tests.database", "tests.browser"]
# How long an example takes is the benchmark's matter: a busy machine is no defect of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def acme(db: None) -> factories.Firm:
    """The firm under test; open its scope with ``with acme.scope():``."""
    return factories.make_firm("acme")


@pytest.fixture
def globex(db: None) -> factories.Firm:
    """Another firm, whose Otto must see nothing of Acme."""
    return factories.make_firm("globex", cast={"otto": "administrator"})
