"""A kind of record that Priya and Ada see, and that only Priya may add to."""

from collections.abc import Iterator

import pytest

from psa.core.documents import registry
from tests.core.firms import Firms, make_firms

RECORD_TYPE = "tests.Record"
RECORD_ID = 7


@pytest.fixture
def firms(db: None) -> Iterator[Firms]:
    made = make_firms()
    readers = {made.priya.membership_id, made.ada.membership_id}
    before = dict(registry._types)
    registry.register(
        RECORD_TYPE,
        can_see=lambda actor, record_id: record_id == RECORD_ID and actor.membership_id in readers,
        can_add=lambda actor, record_id: actor.membership_id == made.priya.membership_id,
    )
    yield made
    registry._types.clear()
    registry._types.update(before)
