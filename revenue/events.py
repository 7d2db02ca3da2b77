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
    COST_CAPITALISED = "revenue.contract_cost.capitalised"
    COST_TAKEN_BACK = "revenue.contract_cost.taken_back"
    COST_WRITTEN_OFF = "revenue.contract_cost.written_off"
    COSTS_AMORTISED = "revenue.contract_costs.amortised"
    LENT_WORK_INVOICED = "revenue.intercompany_invoice.issued"
    SISTER_PAID = "revenue.intercompany_payment.recorded"
    SISTER_PAYMENT_REVERSED = "revenue.intercompany_payment.reversed"
    CHARGE_REVERSED = "revenue.contract_cost.charge_reversed"
