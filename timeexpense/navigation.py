"""Where time and expenses stand in the navigation and the palette."""

from django.http import HttpRequest

from psa.core.access.permissions import AccessPermission
from psa.core.web import offline
from psa.core.web.navigation import (
    Command,
    Group,
    NavItem,
    Stage,
    register,
    register_commands,
    register_top,
)

from .permissions import TimeExpensePermission
from .selectors import waiting as desk


def waiting(request: HttpRequest) -> int | None:
    """How many entries and journeys wait for this approver."""
    return desk.waiting_count(request.actor) or None  # type: ignore[attr-defined]


register(
    NavItem(
        "My week",
        "timeexpense:week",
        Stage.OWN,
        permission=TimeExpensePermission.ENTER,
        icon="clock-hour-4",
        order=30,
        also=(
            "timeexpense:week_of",
            "timeexpense:week_list",
            "timeexpense:time_entry",
            "timeexpense:day_log",
            "timeexpense:day_log_of",
        ),
        phone=True,
    ),
    NavItem(
        "Expenses",
        "timeexpense:expense_report_list",
        Stage.OWN,
        permission=TimeExpensePermission.ENTER,
        icon="receipt",
        order=35,
        also=(
            "timeexpense:expense_report",
            "timeexpense:expense_create",
            "timeexpense:expense_edit",
            "timeexpense:expense_report_create",
            "timeexpense:travel_list",
            "timeexpense:travel_request",
        ),
        phone=True,
    ),
    NavItem(
        "Approvals",
        "timeexpense:approvals",
        Stage.OWN,
        permission=TimeExpensePermission.APPROVE,
        icon="circle-check",
        order=40,
        badge=waiting,
        phone=True,
        also=(
            "timeexpense:approval_lines",
            "timeexpense:approval_set",
            "timeexpense:desk_list",
            "timeexpense:desk",
            "timeexpense:deputy_list",
            "timeexpense:deputy_create",
            "timeexpense:deputy",
        ),
    ),
    NavItem(
        "Approval routing",
        "timeexpense:route_list",
        Stage.SETUP,
        permission=AccessPermission.MANAGE_PARAMETERS,
        order=16,
        also=("timeexpense:route", "timeexpense:route_create"),
        group=Group.WORK,
        about="Who approves whose time and expenses.",
    ),
    NavItem(
        "Timesheets handed in",
        "timeexpense:compliance",
        Stage.DELIVER,
        permission=TimeExpensePermission.APPROVE,
        order=60,
        also=("timeexpense:unlock",),
    ),
)
register(
    NavItem(
        "Card transactions",
        "timeexpense:card_lines",
        Stage.DELIVER,
        permission=TimeExpensePermission.MANAGE_CARDS,
        order=66,
        also=(
            "timeexpense:card_line", "timeexpense:cards", "timeexpense:card_create",
            "timeexpense:statement_import",
        ),
    ),
    NavItem(
        "Payroll exports",
        "timeexpense:payroll",
        Stage.ACCOUNT,
        permission=TimeExpensePermission.EXPORT_PAYROLL,
        order=80,
        also=("timeexpense:payroll_create",),
    ),
    NavItem(
        "Policy violations",
        "timeexpense:violations",
        Stage.DELIVER,
        permission=TimeExpensePermission.APPROVE,
        order=65,
    ),
    NavItem(
        "Expense policy",
        "timeexpense:policy",
        Stage.SETUP,
        permission=TimeExpensePermission.MANAGE_POLICY,
        order=53,
        also=(
            "timeexpense:policy_rule", "timeexpense:category_kind", "timeexpense:mileage_rates",
            "timeexpense:per_diem_rates", "timeexpense:load_mileage", "timeexpense:load_per_diems",
        ),
        group=Group.WORK,
        about="Limits, receipts, mileage and per diems of expenses.",
    ),
)  # fmt: skip
register_top("timeexpense/_timer.html", permission=TimeExpensePermission.ENTER)
register_commands(
    Command("Log of my day", "timeexpense:day_log", permission=TimeExpensePermission.ENTER,
            icon="clock-hour-4", words="log timer start stop today"),
    Command("New travel request", "timeexpense:travel_create",
            permission=TimeExpensePermission.ENTER, icon="plus", words="journey trip approval"),
    Command("Mileage rates", "timeexpense:mileage_rates", permission=TimeExpensePermission.ENTER,
            icon="receipt", words="car miles kilometres distance"),
    Command("Per diem rates", "timeexpense:per_diem_rates", permission=TimeExpensePermission.ENTER,
            icon="receipt", words="allowance abroad daily"),
    Command("My week", "timeexpense:week", permission=TimeExpensePermission.ENTER,
            icon="clock-hour-4", words="timesheet hours time"),
    Command("My day", "timeexpense:day", permission=TimeExpensePermission.ENTER,
            icon="device-mobile", words="phone offline timer"),
    Command("My weeks", "timeexpense:week_list", permission=TimeExpensePermission.ENTER,
            icon="clock-hour-4", words="timesheets history"),
    Command("New expense report", "timeexpense:expense_report_create",
            permission=TimeExpensePermission.ENTER, icon="plus", words="receipt travel"),
    Command("Approvals", "timeexpense:approvals", permission=TimeExpensePermission.APPROVE,
            icon="circle-check", words="approve inbox"),
    Command("Deputies", "timeexpense:deputy_list", permission=TimeExpensePermission.APPROVE,
            icon="users", words="deputy leave delegate approve in my place"),
    Command("Waiting for approval", "timeexpense:desk_list",
            permission=TimeExpensePermission.APPROVE, icon="clock-exclamation",
            words="approvers cut-off backlog"),
    Command("New routing rule", "timeexpense:route_create",
            permission=AccessPermission.MANAGE_PARAMETERS, icon="plus",
            words="approval routing level amount"),
)  # fmt: skip
offline.register(
    offline.OfflinePage(
        "time/day/",
        files=("css/timeexpense.css", "css/day.css", "js/day.js", "js/timer.js"),
        modules=(
            "js/day_entry.js", "js/day_expense.js", "js/day_conflicts.js", "js/day_timer.js",
            "js/day_drive.js", "js/speech.js", "js/timer_state.js",
        ),
    )
)  # fmt: skip
