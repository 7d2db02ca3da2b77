"""Which general-ledger account an event's line goes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from psa.core.errors import DomainError


class JournalEvent(StrEnum):
    TIME_COST = "time_cost"
    EXPENSE_OWN_PAID = "expense_own_paid"
    EXPENSE_CARD = "expense_card"
    SUBCONTRACT_COST = "subcontract_cost"
    GOODS_ISSUED = "goods_issued"
    GOODS_RECEIVED = "goods_received"
    RECEIVED_NOT_INVOICED = "received_not_invoiced"
    VENDOR_INVOICE = "vendor_invoice"
    PAYMENT_MADE = "payment_made"
    LENT_COST = "lent_cost"
    INTERCOMPANY_SALES = "intercompany_sales"
    BORROWED_COST = "borrowed_cost"
    INTERCOMPANY_INVOICE = "intercompany_invoice"
    INTERCOMPANY_PAYMENT = "intercompany_payment"
    SALES_ACCRUAL = "sales_accrual"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    INTERNAL_CHARGE = "internal_charge"
    INTERNAL_LENDING = "internal_lending"
    REVENUE_ESTIMATE = "revenue_estimate"
    COST_HELD = "cost_held"
    CONTRACT_COMPLETED = "contract_completed"
    ONEROUS_PROVISION = "onerous_provision"
    PAYMENT_RECEIVED = "payment_received"
    WRITE_OFF = "write_off"
    RETENTION = "retention"
    RETAINER_REFUND = "retainer_refund"
    DUNNING_FEE = "dunning_fee"
    CONTRACT_COST = "contract_cost"
    REVALUATION = "revaluation"
    OPENING_BALANCE = "opening_balance"
    ADJUSTMENT = "adjustment"


class Slot(StrEnum):
    PROJECT_COST = "project_cost"
    PROJECT_EXPENSE = "project_expense"
    PAYROLL_ALLOCATION = "payroll_allocation"
    RECOVERABLE_TAX = "recoverable_tax"
    EMPLOYEE_PAYABLE = "employee_payable"
    CARD_CLEARING = "card_clearing"
    ACCOUNTS_PAYABLE = "accounts_payable"
    ACCRUED_COST = "accrued_cost"
    INVENTORY = "inventory"
    RECEIVED_NOT_INVOICED = "received_not_invoiced"
    RECEIVABLE = "receivable"
    RETENTION_RECEIVABLE = "retention_receivable"
    CUSTOMER_ADVANCE = "customer_advance"
    BANK = "bank"
    CONTRACT_ASSET = "contract_asset"
    CONTRACT_LIABILITY = "contract_liability"
    REFUND_LIABILITY = "refund_liability"
    ACCRUED_REVENUE = "accrued_revenue"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"
    REALISED_FX = "realised_fx"
    CONTRACT_EXCHANGE = "contract_exchange"
    UNREALISED_FX = "unrealised_fx"
    WIP_COST = "wip_cost"
    PROVISION = "provision"
    PROVISION_EXPENSE = "provision_expense"
    WRITE_OFF = "write_off"
    FEE_INCOME = "fee_income"
    RECHARGE_INCOME = "recharge_income"
    RECHARGE_EXPENSE = "recharge_expense"
    CAPITALISED_CONTRACT_COST = "capitalised_contract_cost"
    CONTRACT_COST_AMORTISATION = "contract_cost_amortisation"
    INTERCOMPANY_ACCRUED_INCOME = "intercompany_accrued_income"
    INTERCOMPANY_REVENUE = "intercompany_revenue"
    INTERCOMPANY_COST = "intercompany_cost"
    INTERCOMPANY_ACCRUED_COST = "intercompany_accrued_cost"
    INTERCOMPANY_RECEIVABLE = "intercompany_receivable"
    INTERCOMPANY_PAYABLE = "intercompany_payable"
    OPENING_EQUITY = "opening_equity"


# Without a profile of its own a slot books where the other does.
FALLBACK: dict[Slot, Slot] = {Slot.CONTRACT_EXCHANGE: Slot.REALISED_FX}


class PostingProfileMissing(DomainError):
    """No profile names an account for a line that has to be posted."""


@dataclass(frozen=True, slots=True)
class PostingProfile:
    """One row of the map. None stands for any; `category` is a category id or a line type."""

    slot: Slot
    gl_account_id: int
    event: JournalEvent | None = None
    category: int | str | None = None
    unit_id: int | None = None
    legal_entity_id: int | None = None


class ProfileBook:
    """Profiles compiled for look-up. Building it refuses two profiles for one combination."""

    def __init__(self, profiles: Iterable[PostingProfile]) -> None:
        self._accounts: dict[tuple[object, ...], int] = {}
        for profile in profiles:
            key = (
                profile.slot,
                profile.event,
                profile.category,
                profile.unit_id,
                profile.legal_entity_id,
            )
            if key in self._accounts:
                raise DomainError(
                    f"Two posting profiles name an account for {profile.slot} with the same "
                    "event, category, unit and entity. Delete one of them."
                )
            self._accounts[key] = profile.gl_account_id
        self._resolved: dict[tuple[object, ...], int] = {}

    def account_for(
        self,
        slot: Slot,
        *,
        event: JournalEvent,
        legal_entity_id: int,
        category: int | str | None = None,
        unit_id: int | None = None,
    ) -> int:
        """The account of the most specific matching profile.

        Specific outranks any in this order: event, category or line type, unit, entity; as a
        tuple of booleans, so a profile for the category beats one for the unit and the entity.
        Raises  PostingProfileMissing naming the event and what to add.
        Source  docs/rules/ledger.md, L-2.
        """
        asked = (slot, event, category, unit_id, legal_entity_id)
        found = self._resolved.get(asked)
        if found is not None:
            return found
        for candidate in product(
            (event, None), (category, None), (unit_id, None), (legal_entity_id, None)
        ):
            found = self._accounts.get((slot, *candidate))
            if found is not None:
                self._resolved[asked] = found
                return found
        if slot in FALLBACK:
            return self.account_for(
                FALLBACK[slot], event=event, legal_entity_id=legal_entity_id, category=category,
                unit_id=unit_id,
            )  # fmt: skip
        raise PostingProfileMissing(
            f"No posting profile says which account takes {slot.replace('_', ' ')} of "
            f"the event {event.replace('_', ' ')} "
            f"(category {category or 'any'}, unit {unit_id or 'any'}, entity {legal_entity_id}). "
            f"Add a posting profile for {slot.replace('_', ' ')}."
        )
