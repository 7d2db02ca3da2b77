"""What all tests share: the databases, the browser, and the cast."""

import pytest

from tests import factories

pytest_plugins = ["tests.database", "tests.browser"]


@pytest.fixture
def acme(db: None) -> factories.Firm:
    """The firm under test; open its scope with ``with acme.scope():``."""
    return factories.make_firm("acme")


@pytest.fixture
def globex(db: None) -> factories.Firm:
    """Another firm, whose Otto must see nothing of Acme."""
    return factories.make_firm("globex", cast={"otto": "administrator"})
