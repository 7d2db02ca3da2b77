"""A push service on this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.receiver import Receiver, receiving


@pytest.fixture
def service(settings: Any) -> Iterator[Receiver]:
    with receiving(settings, "/push/1", status=201) as found:
        yield found
