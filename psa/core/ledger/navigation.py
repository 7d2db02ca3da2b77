"""Where the ledgers are found."""

from psa.core.access.permissions import LedgerPermission
from psa.core.org.rules.deployment import Feature
from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Actuals", "ledger:actual_list", Stage.ACCOUNT, order=40,
        permission=LedgerPermission.VIEW_ACTUALS, also=("ledger:actual", "ledger:line_actuals"),
    ),
    NavItem(
        "Journals", "ledger:entry_list", Stage.ACCOUNT, order=50,
        permission=LedgerPermission.VIEW_GL, also=("ledger:entry",), feature=Feature.BOOKS,
    ),
    NavItem(
        "Statements", "ledger:trial_balance", Stage.ACCOUNT, order=60,
        permission=LedgerPermission.VIEW_GL,
        also=("ledger:balance_sheet", "ledger:income_statement", "ledger:account"), feature=Feature.BOOKS,
    ),
    NavItem(
        "Periods", "ledger:period_list", Stage.ACCOUNT, order=70,
        permission=LedgerPermission.VIEW_GL, also=("ledger:period_change",),
    ),
    NavItem(
        "Reconciliations", "ledger:proof", Stage.ACCOUNT, order=80,
        permission=LedgerPermission.VIEW_GL, also=("ledger:proof_run",), feature=Feature.BOOKS,
    ),
    NavItem(
        "Exports", "ledger:export_list", Stage.ACCOUNT, order=90,
        permission=LedgerPermission.EXPORT,
        also=("ledger:export_create", "ledger:mapping"), feature=Feature.BOOKS,
    ),
)  # fmt: skip
register_commands(
    Command(
        "Export journals", "ledger:export_create", permission=LedgerPermission.EXPORT,
        icon="download", words="beancount hledger csv excel xero datev sage",
    ),
    Command(
        "Account mappings", "ledger:mapping_list", permission=LedgerPermission.EXPORT,
        words="xero datev sage quickbooks accounting package",
    ),
    Command("Trial balance", "ledger:trial_balance", permission=LedgerPermission.VIEW_GL),
    Command("Balance sheet", "ledger:balance_sheet", permission=LedgerPermission.VIEW_GL),
    Command(
        "Profit and loss", "ledger:income_statement", permission=LedgerPermission.VIEW_GL,
        words="result p&l income",
    ),
)  # fmt: skip
