"""A firm with an engagement, ready to be billed."""

from collections.abc import Iterator

import pytest

from tests.billing.scenario import Case, make_case


@pytest.fixture
def case(db: None) -> Iterator[Case]:
    """Acme's engagement in EUR at its UK entity, inside Acme's scope."""
    made = make_case()
    with made.scope():
        yield made
