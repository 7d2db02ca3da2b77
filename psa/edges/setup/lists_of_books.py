"""Lists of what the books need, as declarations."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.ledger.models import LedgerAccount
from psa.core.web.lists import (
    Action,
    BoolFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    Empty,
    ListSpec,
    TextFilter,
)
from psa.core.web.states import State
from psa.edges.setup.forms_of_books import CLASSES

SET_UP = (("Set up", None),)
IN_USE = {True: State("In use", "ok", "circle-check"), False: State("Retired", icon="lock")}
POSTED = {True: State("Posted to", "ok", "circle-check"), False: State("Not used yet")}
DEFAULT = {True: State("Default", "ok", "circle-check"), False: State("On request")}


def _new(label: str, url_name: str) -> Action:
    return Action(
        label,
        url_name,
        permission=AccessPermission.MANAGE_PARAMETERS,
        key="c",
        icon="plus",
        primary=True,
    )


CATEGORIES = ListSpec(
    key="categories",
    title="Categories",
    noun=("category", "categories"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("code", "Code", kind="code", sort="code"),
        Column("transaction_class", "Class", sort="transaction_class"),
        Column("revenue_account_code", "Revenue account", kind="code"),
        Column("cost_account_code", "Cost account", kind="code"),
        Column("is_active", "State", kind="state", states=IN_USE),
    ),
    filters=(
        ChoiceFilter("transaction_class", "Class", choices=CLASSES),
        BoolFilter("is_active", "In use"),
    ),
    search=("name__icontains", "code__startswith"),
    order="name",
    row_url=lambda row: reverse("setup:category", args=[row["id"]]),
    actions=(_new("New category", "setup:category_create"),),
    empty=Empty("No categories yet", "Time, expenses, materials and fees are of a category."),
)
CHART = ListSpec(
    key="chart",
    title="Chart of accounts",
    noun=("account", "accounts"),
    crumbs=SET_UP,
    columns=(
        Column("code", "Number", kind="link", sort="code"),
        Column("name", "Name", sort="name"),
        Column("kind", "Kind", value=lambda row: LedgerAccount.Kind(row["kind"]).label, sort="kind"),
        Column(
            "is_monetary", "At period end", phone=False,
            value=lambda row: "Revalued" if row["is_monetary"] else "",
        ),
        Column("is_posted_to", "Use", kind="state", states=POSTED),
    ),
    filters=(
        ChoiceFilter("kind", "Kind", choices=LedgerAccount.Kind.choices),
        BoolFilter("is_monetary", "Revalued"),
        BoolFilter("is_posted_to", "Posted to"),
    ),
    search=("code__startswith", "name__icontains"),
    order="code",
    row_url=lambda row: reverse("setup:ledger_account", args=[row["id"]]),
    row_label=lambda row: f"{row['code']} {row['name']}",
    actions=(
        Action("Import", "imports:create", permission=AccessPermission.MANAGE_PARAMETERS,
               icon="upload"),
        _new("New account", "setup:ledger_account_create"),
    ),
    bulk=(
        BulkAction(
            "Remove", "setup:ledger_accounts_remove", icon="trash", tells_each=True,
            permission=AccessPermission.MANAGE_PARAMETERS,
            confirm="Remove {count} accounts? Those that are in use stay.",
        ),
    ),
    empty=Empty("No accounts yet", "Journals post to accounts.", "New account",
                "setup:ledger_account_create"),
)  # fmt: skip
PROFILES = ListSpec(
    key="profiles",
    title="Posting profiles",
    noun=("profile", "profiles"),
    crumbs=SET_UP,
    columns=(
        Column("line", "Line", kind="link", sort="line"),
        Column("event", "Event", sort="event"),
        Column("category", "Category"),
        Column("unit", "Unit"),
        Column("entity", "Legal entity"),
        Column("account", "Account", sort="account"),
    ),
    filters=(TextFilter("line", "Line"), TextFilter("account", "Account")),
    search=("line", "event", "account"),
    order="line",
    row_url=lambda row: reverse("setup:profile", args=[row.id]),
    actions=(_new("New profile", "setup:profile_create"),),
    empty=Empty("No profiles yet", "Without them nothing posts.", "New profile",
                "setup:profile_create"),
)  # fmt: skip
TAX_CODES = ListSpec(
    key="tax_codes",
    title="Tax codes",
    noun=("tax code", "tax codes"),
    crumbs=SET_UP,
    columns=(
        Column("code", "Code", kind="link", sort="code"),
        Column("name", "Name", sort="name"),
        Column("entity_name", "Legal entity", sort="legal_entity__name"),
        Column("treatment", "Treatment", value=lambda row: row.get_treatment_display()),
        Column("percent", "Rate today, %", kind="number", places=2),
        Column("is_default", "Use", kind="state", states=DEFAULT),
    ),
    filters=(
        TextFilter("entity_name", "Legal entity", field="legal_entity__name"),
        BoolFilter("is_default", "Default"),
    ),
    search=("code__startswith", "name__icontains"),
    order="code",
    row_url=lambda row: reverse("setup:tax_code", args=[row.pk]),
    actions=(_new("New tax code", "setup:tax_code_create"),),
    empty=Empty("No tax codes yet", "Invoices need one for each legal entity.", "New tax code",
                "setup:tax_code_create"),
)  # fmt: skip
