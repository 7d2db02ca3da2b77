"""Events of the ledger, as the audit trail names them. Its permissions are the floor's."""

from enum import StrEnum


class LedgerEvent(StrEnum):
    PERIOD_CHANGED = "ledger.period.changed"
    POSTING_RUN = "ledger.posting_run.finished"
    OPENED = "ledger.opening_balances.posted"
    OPENING_REVERSED = "ledger.opening_balances.reversed"
    EXPORTED = "ledger.journal.exported"
