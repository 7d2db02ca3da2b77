"""The trail of a record as its page shows it: sentences and notes, never the values changed."""

from collections.abc import Iterable

from psa.core.audit.selectors import ActivityRow
from psa.core.web.activity import ActivityEntry


def entries(rows: Iterable[ActivityRow]) -> list[ActivityEntry]:
    return [
        ActivityEntry(
            who=row.actor_name,
            what=row.sentence,
            at=row.at,
            quote=row.changes["note"][1] if "note" in row.changes else None,
        )
        for row in rows
    ]
