"""Events of revenue, as the audit trail names them."""

from enum import StrEnum


class RevenueEvent(StrEnum):
    ESTIMATED = "revenue.estimates.drafted"
    ADJUSTED = "revenue.estimate.adjusted"
    APPROVED = "revenue.estimates.approved"
    POSTED = "revenue.estimates.posted"
    REVERSED = "revenue.estimate.reversed"
    ACCRUED = "revenue.accruals.posted"
    COMPLETED = "revenue.obligation.completed"
    REVALUED = "revenue.revalued"
    PROVEN = "revenue.proofs.run"
