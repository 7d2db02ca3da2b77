"""One sample after another through the chain, each undone before the next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from psa.core.org.models import LegalEntity
from sales.models import LineTerms

from . import chain as chains
from .chain import Chain, StepRefused


@dataclass(frozen=True, slots=True)
class Sample:
    """One way through the chain; with `is_lent` somebody of another legal entity does the work."""

    label: str
    method: str
    with_expense: bool = False
    is_lent: bool = False


SAMPLES: Final[dict[str, Sample]] = {
    "time": Sample(
        "Time and material, with an expense", LineTerms.Method.TIME_AND_MATERIAL, with_expense=True
    ),
    "fixed": Sample("Fixed price with a milestone", LineTerms.Method.FIXED_PRICE),
    "retainer": Sample("Retainer", LineTerms.Method.RETAINER),
    "lent": Sample(
        "Intercompany: work by another entity", LineTerms.Method.TIME_AND_MATERIAL, is_lent=True
    ),
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
    chosen = SAMPLES[sample]
    chain = Chain(entity, chosen.method, chosen.with_expense, tenant_id, at, is_lent=chosen.is_lent)
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
        return Outcome(entity.name, chosen.label, len(chain.done))
    return Outcome(
        entity.name,
        chosen.label,
        len(chain.done),
        refused.step,
        refused.reason,
        refused.remedy.url_name,
        refused.remedy.label,
    )
