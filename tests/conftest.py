"""What all tests share: the databases, the browser, and the cast."""

import pytest
from hypothesis import HealthCheck, settings

from psa import garbage
from tests import factories

pytest_plugins = ["tests.database", "tests.browser"]
# How long an example takes is the benchmark's matter: a busy machine is no defect of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays: looking through it again and again took a twelfth of the tests' time."""
    garbage.settle()


@pytest.fixture
def acme(db: None) -> factories.Firm:
    """The firm under test; open its scope with ``with acme.scope():``."""
    return factories.make_firm("acme")


@pytest.fixture
def globex(db: None) -> factories.Firm:
    """Another firm, whose Otto must see nothing of Acme."""
    return factories.make_firm("globex", cast=factories.OTHER_CAST)
