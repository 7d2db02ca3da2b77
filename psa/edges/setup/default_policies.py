"""What a new tenant starts with beside its books, as data: every value may be changed later."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class DefaultStage:
    code: str
    name: str
    probability_percent: int
    outcome: str = "open"


OPPORTUNITY_STAGES: Final = (
    DefaultStage("qualify", "Qualify", 10),
    DefaultStage("develop", "Develop", 30),
    DefaultStage("propose", "Propose", 50),
    DefaultStage("negotiate", "Negotiate", 80),
    DefaultStage("won", "Won", 100, "won"),
    DefaultStage("lost", "Lost", 0, "lost"),
)


@dataclass(frozen=True, slots=True)
class DefaultJobRole:
    code: str
    name: str
    billing_type: str = "chargeable"
    target_utilisation_percent: Decimal = Decimal(75)


JOB_ROLES: Final = (
    DefaultJobRole("partner", "Partner", target_utilisation_percent=Decimal(40)),
    DefaultJobRole("principal", "Principal consultant", target_utilisation_percent=Decimal(65)),
    DefaultJobRole("senior", "Senior consultant", target_utilisation_percent=Decimal(80)),
    DefaultJobRole("consultant", "Consultant", target_utilisation_percent=Decimal(85)),
    DefaultJobRole("pm", "Project manager", target_utilisation_percent=Decimal(70)),
    DefaultJobRole("analyst", "Business analyst", target_utilisation_percent=Decimal(80)),
    DefaultJobRole("architect", "Solution architect", target_utilisation_percent=Decimal(75)),
    DefaultJobRole("developer", "Developer", target_utilisation_percent=Decimal(85)),
    DefaultJobRole("tester", "Test engineer", target_utilisation_percent=Decimal(80)),
    DefaultJobRole("designer", "Designer", target_utilisation_percent=Decimal(75)),
    DefaultJobRole("office", "Office staff", "non_chargeable", Decimal(0)),
)


@dataclass(frozen=True, slots=True)
class DefaultCategory:
    code: str
    name: str
    transaction_class: str
    revenue_account_code: str
    cost_account_code: str
    receipt_required_over: Decimal | None = None


CATEGORIES: Final = (
    DefaultCategory("consulting", "Consulting", "time", "4000", "5000"),
    DefaultCategory("travel_time", "Travel time", "time", "4000", "5000"),
    DefaultCategory("internal", "Internal work", "time", "4000", "5000"),
    DefaultCategory("travel", "Travel", "expense", "4000", "5010", Decimal(25)),
    DefaultCategory("lodging", "Lodging", "expense", "4000", "5010", Decimal(0)),
    DefaultCategory("meals", "Meals", "expense", "4000", "5010", Decimal(25)),
    DefaultCategory("mileage", "Mileage", "expense", "4000", "5010"),
    DefaultCategory("per_diem", "Per diem", "expense", "4000", "5010"),
    DefaultCategory("entertainment", "Entertainment", "expense", "4000", "5010", Decimal(0)),
    DefaultCategory("software", "Software and services", "expense", "4000", "5010", Decimal(0)),
    DefaultCategory("materials", "Materials", "material", "4000", "5030"),
    DefaultCategory("fixed_fee", "Fixed fee", "fee", "4000", "5000"),
    DefaultCategory("retainer", "Retainer", "fee", "4000", "5000"),
    DefaultCategory("other_fee", "Other fee", "fee", "4100", "5000"),
)


@dataclass(frozen=True, slots=True)
class DefaultDimension:
    code: str
    name: str
    priority: int
    source: str


PRICING_DIMENSIONS: Final = (
    DefaultDimension("role", "Role", 1, "role"),
    DefaultDimension("resourcing_unit", "Resourcing unit", 2, "resourcing_unit"),
    DefaultDimension("work_location", "Work location", 3, "resource.work_location"),
    DefaultDimension("seniority", "Seniority", 4, "resource.seniority"),
)

# Rules of time and expense (spec 06, TEX-2) that have a switch, with their safe default.
TIME_RULES: Final[dict[str, str]] = {
    "not_on_team": "block",
    "outside_project_dates": "warn",
    "closed_period": "warn",
    "contract_on_hold": "block",
    "task_completed": "block",
    "blank_external_description": "warn",
    "overtime_without_reason": "warn",
    "leave_or_holiday": "warn",
    "more_than_assigned": "warn",
    "over_fixed_price_estimate": "warn",
    "overlapping_times": "block",
    "duplicate_entry": "warn",
    "receipt_missing": "warn",
    "duplicate_expense": "warn",
    "above_estimate": "warn",
}


@dataclass(frozen=True, slots=True)
class DefaultTaxCode:
    code: str
    name: str
    tax_percent: Decimal
    treatment: str = "standard"
    note: str = ""
    is_default: bool = False
    supply: str = ""


TAX_CODES: Final[dict[str, tuple[DefaultTaxCode, ...]]] = {
    "GB": (
        DefaultTaxCode("UK20", "VAT 20 %", Decimal(20), is_default=True),
        DefaultTaxCode("UK0", "VAT zero-rated", Decimal(0), "zero"),
        DefaultTaxCode(
            "UKRC",
            "Outside the scope, reverse charge",
            Decimal(0),
            "reverse_charge",
            "Reverse charge: the customer accounts for VAT.",
            supply="reverse_charge",
        ),
        DefaultTaxCode(
            "UKOS",
            "Outside the scope of UK VAT",
            Decimal(0),
            "outside_scope",
            "Outside the scope of UK VAT: supplied where the customer belongs.",
            supply="outside_scope",
        ),
    ),
    "DE": (
        DefaultTaxCode("DE19", "USt. 19 %", Decimal(19), is_default=True),
        DefaultTaxCode(
            "DERC",
            "Reverse charge, §13b UStG",
            Decimal(0),
            "reverse_charge",
            "Steuerschuldnerschaft des Leistungsempfängers (reverse charge).",
            supply="reverse_charge",
        ),
        DefaultTaxCode(
            "DEOS",
            "Nicht im Inland steuerbar",
            Decimal(0),
            "outside_scope",
            "Nicht im Inland steuerbare Leistung, § 3a UStG.",
            supply="outside_scope",
        ),
    ),
    "IN": (
        DefaultTaxCode("IN18", "GST 18 %", Decimal(18), "gst_split", is_default=True),
        DefaultTaxCode("INIG18", "IGST 18 %", Decimal(18), supply="interstate"),
        DefaultTaxCode(
            "INEX",
            "Export without payment of tax",
            Decimal(0),
            "zero",
            "Supply meant for export under letter of undertaking without payment of IGST.",
            supply="outside_scope",
        ),
    ),
}
OTHER_COUNTRY_TAX_CODES: Final = (
    DefaultTaxCode("NONE", "No tax", Decimal(0), "exempt", is_default=True),
)
