"""Firms and kinds for the tests of jobs."""

from collections.abc import Iterator

import pytest

from psa.core.jobs import registry
from tests.core.firms import Firms, make_firms
from tests.core.jobs import kinds


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    registry.load()
    before = dict(registry._kinds)
    kinds.register()
    yield
    registry._kinds.clear()
    registry._kinds.update(before)


@pytest.fixture
def firms(request: pytest.FixtureRequest) -> Firms:
    """Acme and Globex, in the rolled-back or the committed database the test has asked for."""
    if "committed_database" not in request.fixturenames:
        request.getfixturevalue("db")
    return make_firms()
