"""What rules of the firm may say of time: the weekly word on utilisation, and what waits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from psa.core.access.models import Membership
from psa.core.audit.wording import counted
from psa.core.automation.rules.conditions import Kind
from psa.core.automation.subjects import (
    Deadline,
    Digest,
    Facts,
    Field,
    Message,
    Subject,
    register,
)

from .selectors import deciders, utilisation

LONGEST = 12


def compose(member_ids: Collection[int], on: date) -> Mapping[int, Message]:
    """Last week's utilisation by unit, the same for each reader; hours and percent, no rate."""
    from_on, until_on = utilisation.last_week(on)
    rows = utilisation.utilisation_by_unit(from_on=from_on, until_on=until_on)
    lines = [
        f"{row.name}: {row.percent:.0f} %, {row.chargeable_minutes // 60} of "
        f"{row.capacity_minutes // 60} hours"
        for row in rows[:LONGEST]
        if row.percent is not None
    ]
    if not lines:
        return {}
    body = "\n".join(lines)
    message = Message(f"Utilisation, week of {from_on:%-d %b %Y}", body[:600], "home:home")
    return dict.fromkeys(member_ids, message)


DESK = "access.Membership"


def load_desks(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    """What waits for approvers, by member. Ten queries."""
    desks = deciders.desks()
    names = dict(Membership.objects.filter(pk__in=ids).values_list("id", "name"))
    return {
        pk: Facts(
            f"{counted(desks[pk].count, 'entry', 'entries')} at {name}",
            "timeexpense:desk",
            pk,
            {"entries": desks[pk].count},
            {"approver": (pk,)},
        )
        for pk, name in names.items()
        if pk in desks
    }


def waiting_desks(from_on: date, until_on: date) -> Sequence[tuple[int, date]]:
    """Approvers whose oldest waiting entry was handed in within a span, by that day."""
    return [
        (member_id, desk.waiting_since.date())
        for member_id, desk in sorted(deciders.desks().items())
        if from_on <= desk.waiting_since.date() < until_on
    ]


register(
    Subject(
        DESK,
        "Time and expenses that wait",
        events=(),
        fields=(Field("entries", "Entries", Kind.NUMBER),),
        people=(("approver", "The approver"),),
        load=load_desks,
    ),
    Deadline(
        "timeexpense.approval_waiting",
        "Entries wait for their approver",
        DESK,
        waiting_desks,
        "The oldest waits since",
    ),
)
register(Digest("timeexpense.utilisation", "Utilisation of last week by unit", compose))
