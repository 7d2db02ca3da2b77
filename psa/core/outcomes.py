"""One act on many records: each on its own, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from psa.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: done, or refused with the sentence that says why."""

    record_id: int
    label: str
    refusal: str = ""

    @property
    def is_done(self) -> bool:
        return not self.refusal


def of_each(labels: Mapping[int, str], act: Callable[[int], Any]) -> list[Outcome]:
    """Do `act` to each record, by its id and name, in a savepoint of its own.

    A refusal undoes that record alone and becomes its outcome; deferred constraints are checked
    with each, so that none refuses all of them at commit. Other errors end the whole.
    """
    outcomes = []
    for record_id, label in labels.items():
        try:
            with transaction.atomic():
                act(record_id)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except DomainError as error:
            outcomes.append(Outcome(record_id, label, str(error)))
        else:
            outcomes.append(Outcome(record_id, label))
    return outcomes
