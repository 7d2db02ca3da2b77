"""Lists of what expenses are held against: kinds, rate tables, policy, violations."""

from django.urls import reverse

from psa.core.web import sentences
from psa.core.web.lists import (
    Action,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
)
from psa.core.web.states import State
from timeexpense.lists_of_expenses import REPORT_STATES
from timeexpense.models import CategoryKind, PolicyRule
from timeexpense.permissions import TimeExpensePermission

MANAGE = TimeExpensePermission.MANAGE_POLICY
POLICY = (("Expense policy", "timeexpense:policy"),)
KIND_WORDS = dict(CategoryKind.choices)
RULE_WORDS = dict(PolicyRule.Kind.choices)


ACTIONS = {
    "flag": State("Flag", "warn", icon="flag"),
    "block": State("Block", "bad", icon="lock"),
}
RULES = ListSpec(
    key="policy_rules",
    title="Expense policy",
    noun=("rule", "rules"),
    crumbs=(("Set up", None),),
    columns=(
        Column("name", "Rule", kind="link", sort="name"),
        Column("code", "Code", kind="code", sort="code", phone=False),
        Column("kind", "Kind", value=lambda row: RULE_WORDS[row["kind"]], sort="kind"),
        Column("category__name", "Category", sort="category__name", phone=False),
        Column("limit_amount", "Limit", kind="money", currency="currency"),
        Column("action", "Then", kind="state", states=ACTIONS, sort="action"),
        Column("valid_from", "Valid from", kind="date", sort="valid_from", phone=False),
        Column("valid_until", "Valid until", kind="date", phone=False),
    ),
    search=("name__icontains", "code__startswith"),
    order="name",
    row_url=lambda row: reverse("timeexpense:policy_rule", args=[row["id"]]),
    actions=(
        Action("Kinds of expense", "timeexpense:category_kinds", permission=MANAGE),
        Action("Mileage rates", "timeexpense:mileage_rates"),
        Action("Per diem rates", "timeexpense:per_diem_rates"),
        Action("New rule", "timeexpense:policy_rule_create", permission=MANAGE, key="c",
               icon="plus", primary=True),
    ),
    empty=Empty(
        "No rules yet",
        "A rule limits, forbids, or asks for a receipt, a reason or a travel request.",
        "New rule",
        "timeexpense:policy_rule_create",
        permission=MANAGE,
    ),
)  # fmt: skip
VIOLATIONS = ListSpec(
    key="policy_violations",
    title="Policy violations",
    noun=("violation", "violations"),
    crumbs=(("Expenses", "timeexpense:expense_report_list"),),
    columns=(
        Column("sentence", "Finding", kind="link", value=lambda row: sentences.told(row.sentence)),
        Column("person", "Person", kind="person", sort="person"),
        Column("on", "Date", kind="date", sort="on", phone=False),
        Column("report", "Report", kind="code", sort="report", phone=False),
        Column("category", "Category", sort="category", group=True, phone=False, shown=False),
        Column("project", "Project", sort="project", group=True, phone=False),
        Column("amount", "Amount", kind="money", phone=False),
        Column("rule", "Rule", kind="code", sort="rule", group=True, phone=False, shown=False),
        Column("state", "State", kind="state", states=REPORT_STATES, sort="state"),
        Column("acknowledged_by", "Acknowledged by", sort="acknowledged_by", phone=False),
        Column("acknowledged_at", "When", kind="datetime", sort="acknowledged_at", shown=False),
    ),
    filters=(
        DateRangeFilter("on", "Date"),
        ChoiceFilter(
            "state", "State", choices=tuple((c, s.label) for c, s in REPORT_STATES.items())
        ),
        TextFilter("rule", "Rule"),
    ),
    search=("person__icontains", "report__startswith", "sentence__icontains"),
    order="-on",
    row_url=lambda row: reverse("timeexpense:expense_report", args=[row.report_id]),
    empty=Empty(
        "No violations", "What the expense policy flags on submitted expenses stands here."
    ),
)
CATEGORY_KINDS = ListSpec(
    key="expense_categories",
    title="Kinds of expense",
    noun=("category", "categories"),
    crumbs=POLICY,
    columns=(
        Column("name", "Category", kind="link", sort="name"),
        Column("code", "Code", kind="code", sort="code", phone=False),
        Column("kind", "Kind", value=lambda row: KIND_WORDS[row.kind], sort="kind"),
    ),
    order="name",
    row_url=lambda row: reverse("timeexpense:category_kind", args=[row.id]),
    empty=Empty("No categories yet", "Make categories of the class expense under Set-up."),
)
_VALIDITY = (
    Column("valid_from", "Valid from", kind="date", sort="valid_from", phone=False),
    Column("valid_until", "Valid until", kind="date", sort="valid_until", phone=False),
    Column("source", "Source", phone=False),
)
# The labels are the columns of the file that can be loaded, so that an export can be.
MILEAGE = ListSpec(
    key="mileage_rates",
    title="Mileage rates",
    noun=("rate", "rates"),
    crumbs=POLICY,
    columns=(
        Column("country", "Country", kind="code", sort="country"),
        Column("vehicle", "Vehicle", sort="vehicle"),
        Column("unit", "Unit", sort="unit", phone=False),
        Column("currency", "Currency", kind="code", sort="currency"),
        Column(
            "year_start",
            "Year start",
            value=lambda row: f"{row.year_start_month:02d}-{row.year_start_day:02d}", phone=False,
        ),
        Column("from_distance", "From distance", kind="number", sort="from_distance"),
        Column("rate_per_unit", "Rate", kind="number", sort="rate_per_unit", places=4),
        *_VALIDITY,
    ),
    filters=(TextFilter("country", "Country"), TextFilter("vehicle", "Vehicle")),
    search=("vehicle__icontains", "country__startswith"),
    order="country",
    actions=(Action("Load a table", "timeexpense:load_mileage", permission=MANAGE, icon="upload",
                    primary=True),),
    empty=Empty("No mileage rates yet", "Load a table of what a distance is paid."),
)  # fmt: skip
PER_DIEMS = ListSpec(
    key="per_diem_rates",
    title="Per diem rates",
    noun=("rate", "rates"),
    crumbs=POLICY,
    columns=(
        Column("scheme", "Scheme", kind="code", sort="scheme", hint="Whose rules they are.", phone=False),
        Column("country", "Country", kind="code", sort="country"),
        Column("place", "Place", sort="place"),
        Column("currency", "Currency", kind="code", sort="currency", phone=False),
        Column("full_day_amount", "Full day", kind="number", sort="full_day_amount", places=2),
        Column("partial_day_amount", "Partial day", kind="number", places=2),
        Column("breakfast_amount", "Breakfast", kind="number", places=2, phone=False),
        Column("lunch_amount", "Lunch", kind="number", places=2, phone=False),
        Column("dinner_amount", "Dinner", kind="number", places=2, phone=False),
        Column("lodging_amount", "Lodging", kind="number", places=2, phone=False),
        *_VALIDITY,
    ),
    filters=(TextFilter("scheme", "Scheme"), TextFilter("country", "Country")),
    search=("place__icontains", "country__startswith"),
    order="scheme",
    actions=(Action("Load a table", "timeexpense:load_per_diems", permission=MANAGE, icon="upload",
                    primary=True),),
    empty=Empty("No per diem rates yet", "Load a table of what a day away is paid."),
)  # fmt: skip
