"""The chart of accounts and posting profiles that a services firm starts with, as data.

Codes follow the usual order: 1 assets, 2 liabilities, 3 equity, 4 income, 5 direct cost,
6 and 7 other results. Every slot that a posting rule names has its account, so each
event can post on day one; a tenant adds more specific profiles later. Source: spec 07, LED-2.
"""

from dataclasses import dataclass
from typing import Final

from psa.core.ledger.rules.posting_profiles import Slot

ASSET, LIABILITY, EQUITY, INCOME, EXPENSE = "asset", "liability", "equity", "income", "expense"


@dataclass(frozen=True, slots=True)
class DefaultAccount:
    code: str
    name: str
    kind: str
    # Revalued at the closing rate when it holds a foreign balance.
    is_monetary: bool = False


ACCOUNTS: Final = (
    DefaultAccount("1000", "Bank", ASSET, True),
    DefaultAccount("1100", "Accounts receivable", ASSET, True),
    DefaultAccount("1110", "Retentions receivable", ASSET, True),
    DefaultAccount("1150", "Intercompany receivable", ASSET, True),
    DefaultAccount("1160", "Intercompany accrued income", ASSET, True),
    DefaultAccount("1200", "Contract assets", ASSET, True),
    DefaultAccount("1300", "Work in progress, cost", ASSET),
    DefaultAccount("1310", "Capitalised contract costs", ASSET),
    DefaultAccount("1400", "Inventory", ASSET),
    DefaultAccount("1500", "Recoverable tax", ASSET),
    DefaultAccount("2000", "Accounts payable", LIABILITY, True),
    DefaultAccount("2010", "Goods received not invoiced", LIABILITY, True),
    DefaultAccount("2020", "Accrued cost", LIABILITY, True),
    DefaultAccount("2100", "Employee payables", LIABILITY, True),
    DefaultAccount("2110", "Company card clearing", LIABILITY, True),
    DefaultAccount("2150", "Intercompany payable", LIABILITY, True),
    DefaultAccount("2160", "Intercompany accrued cost", LIABILITY, True),
    DefaultAccount("2200", "Contract liabilities", LIABILITY),
    DefaultAccount("2210", "Customer advances", LIABILITY, True),
    DefaultAccount("2220", "Refund liabilities", LIABILITY, True),
    DefaultAccount("2300", "Tax payable", LIABILITY),
    DefaultAccount("2400", "Provisions for onerous contracts", LIABILITY),
    DefaultAccount("3000", "Opening equity", EQUITY),
    DefaultAccount("4000", "Service revenue", INCOME),
    DefaultAccount("4010", "Accrued service revenue", INCOME),
    DefaultAccount("4050", "Intercompany revenue", INCOME),
    DefaultAccount("4100", "Fee income", INCOME),
    DefaultAccount("4900", "Charged to departments", INCOME),
    DefaultAccount("5000", "Project cost, time", EXPENSE),
    DefaultAccount("5010", "Project expenses", EXPENSE),
    DefaultAccount("5020", "Subcontractors", EXPENSE),
    DefaultAccount("5030", "Project materials", EXPENSE),
    DefaultAccount("5050", "Intercompany cost", EXPENSE),
    DefaultAccount("5100", "Payroll allocated to projects", EXPENSE),
    DefaultAccount("5200", "Contract cost amortisation", EXPENSE),
    DefaultAccount("5300", "Onerous contracts, expense", EXPENSE),
    DefaultAccount("5900", "Work charged by other departments", EXPENSE),
    DefaultAccount("6000", "Write-offs", EXPENSE),
    DefaultAccount("7000", "Realised exchange differences", INCOME),
    DefaultAccount("7010", "Unrealised exchange differences", INCOME),
)

# Slot → account code, whatever the event, category, unit and entity.
PROFILES: Final[dict[Slot, str]] = {
    Slot.PROJECT_COST: "5000",
    Slot.PROJECT_EXPENSE: "5010",
    Slot.PAYROLL_ALLOCATION: "5100",
    Slot.RECOVERABLE_TAX: "1500",
    Slot.EMPLOYEE_PAYABLE: "2100",
    Slot.CARD_CLEARING: "2110",
    Slot.ACCOUNTS_PAYABLE: "2000",
    Slot.ACCRUED_COST: "2020",
    Slot.INVENTORY: "1400",
    Slot.RECEIVED_NOT_INVOICED: "2010",
    Slot.RECEIVABLE: "1100",
    Slot.RETENTION_RECEIVABLE: "1110",
    Slot.CUSTOMER_ADVANCE: "2210",
    Slot.BANK: "1000",
    Slot.CONTRACT_ASSET: "1200",
    Slot.CONTRACT_LIABILITY: "2200",
    Slot.REFUND_LIABILITY: "2220",
    Slot.ACCRUED_REVENUE: "4010",
    Slot.REVENUE: "4000",
    Slot.TAX_PAYABLE: "2300",
    Slot.REALISED_FX: "7000",
    Slot.CONTRACT_EXCHANGE: "7000",
    Slot.UNREALISED_FX: "7010",
    Slot.WIP_COST: "1300",
    Slot.PROVISION: "2400",
    Slot.PROVISION_EXPENSE: "5300",
    Slot.WRITE_OFF: "6000",
    Slot.FEE_INCOME: "4100",
    Slot.RECHARGE_INCOME: "4900",
    Slot.RECHARGE_EXPENSE: "5900",
    Slot.CAPITALISED_CONTRACT_COST: "1310",
    Slot.CONTRACT_COST_AMORTISATION: "5200",
    Slot.INTERCOMPANY_ACCRUED_INCOME: "1160",
    Slot.INTERCOMPANY_REVENUE: "4050",
    Slot.INTERCOMPANY_COST: "5050",
    Slot.INTERCOMPANY_ACCRUED_COST: "2160",
    Slot.INTERCOMPANY_RECEIVABLE: "1150",
    Slot.INTERCOMPANY_PAYABLE: "2150",
    Slot.OPENING_EQUITY: "3000",
}

# (event, slot) → account code, where one event books elsewhere than the rest.
EVENT_PROFILES: Final[dict[tuple[str, Slot], str]] = {
    ("subcontract_cost", Slot.PROJECT_COST): "5020",
    ("goods_issued", Slot.PROJECT_COST): "5030",
}
