"""A firm with an engagement, inside its scope."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from psa.core.ledger.models import Actual
from tests.factories import Engagement, Firm, make_engagement, make_firm
from timeexpense.services import time_entries, weeks
from timeexpense.services.time_entries import TimeDraft

MONDAY = date(2026, 7, 6)
NOW = datetime(2026, 7, 9, 10, 0, tzinfo=UTC)


@dataclass
class Scene:
    """The firm, its engagement, and short ways to put time into it."""

    firm: Firm
    work: Engagement

    def actor(self, name: str) -> Any:
        return self.firm.actors[name]

    def draft(self, name: str = "ben", minutes: int = 480, **changes: Any) -> TimeDraft:
        values: dict[str, Any] = {
            "resource_id": self.firm.resources[name].pk,
            "project_id": self.work.project.pk,
            "task_id": self.work.build.pk,
            "work_on": MONDAY,
            "minutes": minutes,
            "description": "Interfaces built",
        }
        return TimeDraft(**(values | changes))

    def enter(self, *drafts: TimeDraft, name: str = "ben") -> list[int]:
        done = time_entries.enter_time(entries=drafts, actor=self.actor(name), at=NOW)
        assert all(outcome.is_entered for outcome in done), done
        return [outcome.entry_id for outcome in done if outcome.entry_id]

    def submitted(self, *drafts: TimeDraft, name: str = "ben") -> list[int]:
        ids = self.enter(*(drafts or (self.draft(name),)), name=name)
        done = weeks.submit_entries(entry_ids=ids, actor=self.actor(name), at=NOW)
        assert all(outcome.is_submitted for outcome in done), done
        return ids

    def rows(self, entry_id: int, kind: str = "time_entry") -> list[tuple[Any, ...]]:
        """(type, billing type, minutes, amount, currency) of what an entry posted, in order."""
        return list(
            Actual.objects.filter(source_kind=kind, source_id=entry_id)
            .order_by("id")
            .values_list("actual_type", "billing_type", "minutes", "amount", "currency")
        )


def make_scene(**terms: Any) -> Scene:
    firm = make_firm()
    with firm.scope():
        return Scene(firm, make_engagement(firm, **terms))


@pytest.fixture
def scene(db: None) -> Iterator[Scene]:
    """Acme and its engagement, in the tenant's scope."""
    made = make_scene()
    with made.firm.scope():
        yield made
