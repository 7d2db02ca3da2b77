"""What rules of the firm may say of time: the weekly word on utilisation."""

from collections.abc import Collection, Mapping
from datetime import date

from psa.core.automation.subjects import Digest, Message, register

from .selectors import utilisation

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


register(Digest("timeexpense.utilisation", "Utilisation of last week by unit", compose))
