"""Where time and expenses stand in the navigation and the palette."""

from django.http import HttpRequest

from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .permissions import TimeExpensePermission
from .selectors import approvals


def waiting(request: HttpRequest) -> int | None:
    """How many entries wait for this approver."""
    return approvals.waiting_count(request.actor) or None  # type: ignore[attr-defined]


register(
    NavItem(
        "My week",
        "timeexpense:week",
        Stage.OWN,
        permission=TimeExpensePermission.ENTER,
        icon="clock-hour-4",
        order=30,
        also=("timeexpense:week_of", "timeexpense:week_list", "timeexpense:time_entry"),
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
register_commands(
    Command("My week", "timeexpense:week", permission=TimeExpensePermission.ENTER,
            icon="clock-hour-4", words="timesheet hours time"),
    Command("My weeks", "timeexpense:week_list", permission=TimeExpensePermission.ENTER,
            icon="clock-hour-4", words="timesheets history"),
    Command("New expense report", "timeexpense:expense_report_create",
            permission=TimeExpensePermission.ENTER, icon="plus", words="receipt travel"),
    Command("Approvals", "timeexpense:approvals", permission=TimeExpensePermission.APPROVE,
            icon="circle-check", words="approve inbox"),
)  # fmt: skip
