"""One sample after another through the chain, each undone before the next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from psa.core.org.models import LegalEntity
from sales.models import LineTerms

from . import chain as chains
from .chain import Chain, StepRefused

SAMPLES: Final[dict[str, tuple[str, str, bool]]] = {
    # key: label, billing method, with an expense
    "time": ("Time and material, with an expense", LineTerms.Method.TIME_AND_MATERIAL, True),
    "fixed": ("Fixed price with a milestone", LineTerms.Method.FIXED_PRICE, False),
    "retainer": ("Retainer", LineTerms.Method.RETAINER, False),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one sample of one entity; `step` is "" when all of it passed."""

    entity: str
    sample: str
    steps_done: int
    step: str = ""
    reason: str = ""
    url_name: str = ""
    link: str = ""

    @property
    def passed(self) -> bool:
        return not self.step


class _Undo(Exception):
    """Ends the transaction of a sample; never seen outside."""


def rehearse(*, entity_id: int, sample: str, tenant_id: int, at: datetime) -> Outcome:
    """Run one sample of one entity by the services that people use, and undo all of it.

    It happens in a savepoint of the caller's transaction: rows, gapless numbers, queued jobs,
    notifications and everything that waits for a commit go with it. Constraints that wait for the
    commit are asked before the end.
    """
    entity = LegalEntity.objects.get(pk=entity_id)
    label, method, with_expense = SAMPLES[sample]
    chain = Chain(entity, method, with_expense, tenant_id, at)
    refused: StepRefused | None = None
    try:
        with transaction.atomic():
            try:
                chains.run(chain)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            except StepRefused as error:
                refused = error
            raise _Undo
    except _Undo:
        pass
    if refused is None:
        return Outcome(entity.name, label, len(chain.done))
    return Outcome(
        entity.name,
        label,
        len(chain.done),
        refused.step,
        refused.reason,
        refused.remedy.url_name,
        refused.remedy.label,
    )
