"""The parameters of a firm, as data: what each changes, its choices or range, its safe default.

Page, validation and the history read this one list. Only what code obeys stands here; a policy
that nothing enforces is a manual control instead. Source: spec 01, PLT-4.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Kind = Literal["choice", "whole", "decimal", "amount", "yes_no", "currency", "time_of_day"]
WEEKDAYS: Final = (
    ("0", "Monday"), ("1", "Tuesday"), ("2", "Wednesday"), ("3", "Thursday"), ("4", "Friday"),
    ("5", "Saturday"), ("6", "Sunday"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `changes` is the sentence people read; bounds are included.

    A choice of whole numbers has `is_number`, so that it is stored as one.
    """

    name: str
    label: str
    changes: str
    kind: Kind
    default: str
    choices: tuple[tuple[str, str], ...] = ()
    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal(0)
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    parameters: tuple[Parameter, ...]


def _choice(
    name: str, label: str, changes: str, default: str, *choices: tuple[str, str]
) -> Parameter:
    return Parameter(name, label, changes, "choice", default, choices)


def _whole(name: str, label: str, changes: str, default: int, highest: int) -> Parameter:
    return Parameter(name, label, changes, "whole", str(default), highest=Decimal(highest))


def _percent(name: str, label: str, changes: str, default: int, highest: int) -> Parameter:
    return Parameter(name, label, changes, "decimal", str(default), highest=Decimal(highest))


def _weekday(name: str, label: str, changes: str, default: int) -> Parameter:
    return Parameter(
        name, label, changes, "choice", str(default), WEEKDAYS, highest=Decimal(6), is_number=True
    )


GROUPS: Final = (
    Group(
        "Time and approval",
        (
            _weekday(
                "week_starts_on",
                "Week starts on",
                "The first day of the time grid and of weekly reports.",
                0,
            ),
            _weekday(
                "submission_deadline_weekday",
                "Weeks are due on",
                "The day on which a week is handed in; the late lock counts from it.",
                4,
            ),
            Parameter(
                "submission_deadline_minute",
                "Due at",
                "The time of day of the deadline, as people see it beside their week.",
                "time_of_day",
                "1020",
                highest=Decimal(1439),
            ),
            Parameter(
                "submission_reminder_minute",
                "Reminder at",
                "On the day of the deadline, whoever's week is not complete is reminded at this "
                "time, where they are.",
                "time_of_day",
                "900",
                highest=Decimal(1439),
            ),
            _whole(
                "escalation_business_days",
                "Tell managers after, business days",
                "So many business days past the deadline the manager hears whose week is missing; "
                "0 says it at the deadline.",
                1,
                60,
            ),
            _whole(
                "approval_cutoff_business_days",
                "Approvals are due after, business days",
                "So many business days past the deadline a week's entries have to be decided on; "
                "then their approvers are alerted.",
                1,
                60,
            ),
            _whole(
                "late_lock_business_days",
                "Late lock, business days",
                "After so many business days past the deadline only an approver unlocks a week.",
                5,
                60,
            ),
            Parameter(
                "self_approval_allowed",
                "People may approve their own entries",
                "Off keeps duties apart: somebody else approves each entry.",
                "yes_no",
                "",
            ),
            Parameter(
                "billing_type_on_rows",
                "People may choose the billing type of a row",
                "Off leaves it to the task and its contract line, whoever enters the time.",
                "yes_no",
                "on",
            ),
            _choice(
                "late_work_policy",
                "Work in a closed period",
                "Whether late work posts to the earliest open period, keeping its work date, or "
                "is refused.",
                "open_period",
                ("open_period", "Post to the open period"),
                ("refuse", "Refuse"),
            ),
            _choice(
                "budget_control",
                "Budget control",
                "What approving finds when a project's cost budget is used up: nothing, a "
                "warning, or a refusal.",
                "warn",
                ("off", "Off"),
                ("warn", "Warn"),
                ("block", "Block"),
            ),
        ),
    ),
    Group(
        "Prices and currencies",
        (
            _choice(
                "missing_price_policy",
                "Missing price",
                "Block: work without a price waits in the queue. Zero and flag: it posts at 0 "
                "and is flagged.",
                "block",
                ("block", "Block"),
                ("zero_and_flag", "Zero and flag"),
            ),
            Parameter(
                "hours_per_day",
                "Hours per day",
                "Turns days of effort into hours where no calendar or price list says otherwise.",
                "decimal",
                "8",
                lowest=Decimal(1),
                highest=Decimal(24),
            ),
            _choice(
                "fx_policy",
                "Exchange rates",
                "Which rate converts the prices of a new contract: the work date's, or that of the "
                "day it is won, for as long as it runs.",
                "spot",
                ("spot", "Spot on the work date"),
                ("fixed", "Fixed for the contract"),
            ),
            Parameter(
                "fx_base_currency",
                "Base currency of rates",
                "Two currencies without a rate of their own are converted by way of this one.",
                "currency",
                "EUR",
            ),
            _choice(
                "closing_rate_type",
                "Closing rate",
                "Which rate type the close takes for the last day of a period: revaluation, revenue "
                "and contract costs. A pair that has none takes the spot rate, and is named.",
                "spot",
                ("spot", "Spot"),
                ("month_end", "Month end"),
                ("average", "Month average"),
                ("budget", "Budget"),
            ),
            _whole(
                "fx_max_age_days",
                "Greatest age of a rate, days",
                "A day without a rate takes the last one before it, at most so many days old.",
                7,
                60,
            ),
        ),
    ),
    Group(
        "Selling and billing",
        (
            Parameter(
                "estimate_required_before_propose",
                "An estimate comes before a proposal",
                "An opportunity reaches the stage “Propose” only once a quote of it is estimated.",
                "yes_no",
                "on",
            ),
            _choice(
                "invoice_frequency",
                "Invoice frequency",
                "How often a new quote line is invoiced unless its author says otherwise.",
                "monthly",
                ("weekly", "Weekly"),
                ("monthly", "Monthly"),
                ("quarterly", "Quarterly"),
            ),
            _choice(
                "billing_cutoff",
                "Billing cut-off",
                "The last day of work that a billing run takes in unless its author says "
                "otherwise.",
                "month_end",
                ("month_end", "End of last month"),
                ("week_end", "End of last week"),
                ("today", "Today"),
            ),
            Parameter(
                "minimum_invoice_amount",
                "Smallest invoice",
                "Proposals below this amount wait for the next run. 0 invoices everything.",
                "amount",
                "0",
                highest=Decimal(10) ** 12,
            ),
            Parameter(
                "write_off_limit_amount",
                "Largest write-off",
                "How much of one invoice may be written off without a credit note. 0 allows none.",
                "amount",
                "0",
                highest=Decimal(10) ** 12,
            ),
            Parameter(
                "largest_credit_amount",
                "Largest credit",
                "How much of one invoice, net, who issues credit notes may credit; above it needs "
                "the right to credit over the limit. 0 sets no limit.",
                "amount",
                "0",
                highest=Decimal(10) ** 12,
            ),
            _percent(
                "nte_warning_percent",
                "Warn at percent of a limit",
                "When a not-to-exceed limit is used so far, those who approve are warned.",
                80,
                100,
            ),
        ),
    ),
    Group(
        "Staffing",
        (
            _choice(
                "self_booking",
                "Managers book directly",
                "Whether a project's manager may book people hard without the resource manager.",
                "limited",
                ("never", "Never"),
                ("limited", "Up to so many hours"),
                ("always", "Always"),
            ),
            _whole(
                "self_booking_hours",
                "Hours a manager may book directly",
                "The most that one direct booking may hold; more is booked by the resource manager.",
                40,
                10_000,
            ),
            Parameter(
                "soft_booking_allowed",
                "Soft bookings",
                "Whether people may be reserved tentatively; a soft booking refuses no hard one.",
                "yes_no",
                "on",
            ),
            _choice(
                "overbooking",
                "Hard bookings over capacity",
                "Whether somebody may be booked for more hours than they work that day.",
                "refuse",
                ("refuse", "Refuse"),
                ("reason", "Allow with a reason"),
            ),
        ),
    ),
    Group(
        "Project health",
        (
            _percent(
                "eac_amber_percent",
                "Amber from, percent over budget",
                "An estimate at completion further over budget than this turns amber.",
                5,
                500,
            ),
            _percent(
                "eac_red_percent",
                "Red from, percent over budget",
                "An estimate at completion this far over budget turns red.",
                15,
                999,
            ),
        ),
    ),
    Group(
        "How long things are kept",
        (
            _whole(
                "notification_retention_days",
                "Keep read notifications, days",
                "Read notifications older than this are deleted each night. 0 keeps them.",
                365,
                3650,
            ),
            _whole(
                "job_retention_days",
                "Keep logs of ended jobs, days",
                "The log lines and parts of ended jobs older than this are deleted each night; "
                "the job itself stays. 0 keeps them.",
                0,
                3650,
            ),
            _whole(
                "export_retention_days",
                "Keep exported files, days",
                "Files that long lists were exported into are deleted each night when they are "
                "older than this. 0 keeps them.",
                30,
                3650,
            ),
            _whole(
                "delivery_retention_days",
                "Keep what channels and webhooks were sent, days",
                "Messages of channels and deliveries of webhooks that were sent or given up are "
                "deleted each night when they are older than this. 0 keeps them.",
                90,
                3650,
            ),
        ),
    ),
)
BY_NAME: Final = {one.name: one for group in GROUPS for one in group.parameters}


@dataclass(frozen=True, slots=True)
class Unenforced:
    """A policy of the specification that nothing enforces yet: what stands in for a switch."""

    code: str
    policy_rule: str
    reason: str
    check_text: str
    frequency: str


# Shipped as manual controls once; code obeys these by now.
ENFORCED_SINCE: Final = ("deployment_model",)
UNENFORCED: Final = (
    Unenforced(
        "time_entry_mode",
        "Time is entered by the week, or by the day.",
        "The grid takes both, and no switch forbids either.",
        "Look at the dates of entry in the compliance list.",
        "weekly",
    ),
    Unenforced(
        "intercompany",
        "One entity invoices another for the people that it lends, monthly and with tax.",
        "The close of each month offers the invoices, and closes without them too.",
        "Look at what the Intercompany page says is not invoiced.",
        "monthly",
    ),
    Unenforced(
        "status_report_cadence",
        "Each project reports its status every 14 days.",
        "Each project has a cadence of its own and is reminded of it; none is given to all.",
        "Look for projects without one in the list of status reports.",
        "monthly",
    ),
    Unenforced(
        "rounding",
        "Amounts are rounded once, half up, to the currency's smallest unit.",
        "It is fixed for every firm and cannot be switched.",
        "Nothing to check: the database refuses other amounts.",
        "yearly",
    ),
)
