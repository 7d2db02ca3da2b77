"""Where billing stands in the navigation and the palette."""

from billing.permissions import BillingPermission
from psa.core.access.permissions import AccessPermission
from psa.core.org.rules.deployment import Feature
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

SEE = (BillingPermission.VIEW, BillingPermission.VIEW_OWN)

register(
    NavItem(
        "Billing runs", "billing:run_list", Stage.BILL, permission=BillingPermission.PROPOSE,
        order=10, also=("billing:run", "billing:run_create"), feature=Feature.SALES_ACTUALS,
    ),
    NavItem(
        "Proposals", "billing:proposal_list", Stage.BILL, permission=SEE, order=20,
        also=("billing:line_change", "billing:line_add", "billing:invoice_by_hand"),
    ),
    NavItem("Invoices", "billing:invoice_list", Stage.BILL, permission=SEE, order=30),
    NavItem(
        "Milestones", "billing:milestone_list", Stage.BILL, permission=SEE, order=40,
        feature=Feature.SALES_ACTUALS,
    ),
    NavItem(
        "Retainers", "billing:retainer_list", Stage.BILL, permission=SEE, order=45,
        feature=Feature.SALES_ACTUALS,
    ),
    NavItem(
        "Receivables", "billing:receivable_list", Stage.BILL,
        permission=BillingPermission.VIEW, order=50,
    ),
    NavItem(
        "Reminders", "billing:reminder_list", Stage.BILL, permission=BillingPermission.VIEW, order=55
    ),
    NavItem(
        "Reminder levels", "billing:dunning_levels", Stage.SETUP,
        permission=AccessPermission.MANAGE_PARAMETERS, order=61,
        group=Group.MONEY,
        about="When overdue invoices are reminded, with which words and fee.",
    ),
    NavItem(
        "Payments", "billing:payment_list", Stage.BILL, permission=BillingPermission.VIEW, order=60
    ),
    NavItem(
        "Reimbursements", "billing:reimbursement_owed", Stage.BILL,
        permission=BillingPermission.VIEW, order=65,
        also=(
            "billing:reimbursement_list", "billing:reimbursement_create",
            "billing:reimbursement_batches", "billing:reimbursement_batch",
        ),
    ),
    NavItem(
        "Invoice approval", "billing:approval_rule", Stage.SETUP,
        permission=AccessPermission.MANAGE_PARAMETERS, order=60,
        group=Group.MONEY,
        about="Which invoices a second person must approve.",
    ),
    NavItem(
        "Leakage", "billing:leakage", Stage.BILL, permission=SEE, order=70,
        feature=Feature.SALES_ACTUALS,
    ),
)  # fmt: skip
register_commands(
    Command(
        "Start a billing run",
        "billing:run_create",
        permission=BillingPermission.PROPOSE,
        icon="player-play",
        words="invoice draft propose",
    ),
    Command(
        "Invoice by hand",
        "billing:invoice_by_hand",
        permission=(BillingPermission.PROPOSE, BillingPermission.PROPOSE_OWN),
        icon="file-invoice",
        words="write new invoice draft",
    ),
    Command(
        "Record a payment",
        "billing:payment_create",
        permission=BillingPermission.RECORD_PAYMENT,
        icon="cash",
        words="receipt money received",
    ),
)
