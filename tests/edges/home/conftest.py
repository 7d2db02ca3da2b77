import pytest

from tests import factories


@pytest.fixture
def acme(db):
    return factories.make_firm("acme")


@pytest.fixture
def globex(db):
    return factories.make_firm("globex", cast={"otto": "resource_manager"})


@pytest.fixture
def engagement(acme):
    with acme.scope():
        return factories.make_engagement(acme)
