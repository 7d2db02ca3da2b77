"""Acme with an engagement in delivery, and Globex beside it."""

import pytest

from tests import factories


@pytest.fixture
def acme(db):
    return factories.make_firm("acme")


@pytest.fixture
def globex(db):
    return factories.make_firm("globex", cast={"otto": "project_manager"})


@pytest.fixture
def engagement(acme):
    with acme.scope():
        return factories.make_engagement(acme)
