"""What the rules say of stored entries."""

from collections.abc import Mapping, Sequence
from datetime import date

from timeexpense.models import TimeEntry
from timeexpense.policies import EDITABLE
from timeexpense.rules.validation import TimeFact, validate

from . import people, validation_facts


def said_of(entries: Sequence[TimeEntry]) -> dict[int, tuple[str, ...]]:
    """What the rules say of drafts now, and what they said of the others when handed in."""
    said = {row.pk: tuple(flag.get("sentence", "") for flag in row.flags) for row in entries}
    drafts = [row for row in entries if row.state in EDITABLE]
    facts = [fact_of(row) for row in drafts]
    found = validate(
        facts,
        facts=validation_facts.gather(facts, leaving_out=[row.pk for row in drafts]),
        switches=people.rule_modes(),
    )
    for row, findings in zip(drafts, found, strict=True):
        said[row.pk] = tuple(finding.sentence for finding in findings)
    return said


def fact_of(row: TimeEntry) -> TimeFact:
    """A stored entry as the rules see it."""
    return TimeFact(
        row.resource_id, row.project_id, row.task_id, row.work_on, row.minutes,
        row.description, row.internal_note, row.billing_type,
        validation_facts.spans_from(row.spans),
    )  # fmt: skip


def warnings_of(
    entries: Sequence[TimeEntry], said: Mapping[int, tuple[str, ...]]
) -> tuple[tuple[date, str], ...]:
    """Each sentence with the day it is said of, once."""
    return tuple(
        dict.fromkeys((row.work_on, sentence) for row in entries for sentence in said[row.pk])
    )
