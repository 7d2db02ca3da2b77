"""The list of retainers."""

from django.db.models import Q
from django.urls import reverse

from psa.core.web.lists.spec import Column, Empty, ListSpec, TextFilter, View

RETAINERS = ListSpec(
    key="retainers",
    title="Retainers",
    noun=("retainer", "retainers"),
    crumbs=(("Bill", None),),
    columns=(
        Column("name", "Retainer", kind="link", sort="name"),
        Column("contract__account__name", "Customer", sort="contract__account__name"),
        Column("contract__number", "Contract", kind="code", sort="contract__number"),
        Column("retainer_minutes", "Included", kind="minutes", sort="retainer_minutes"),
        Column(
            "retainer_amount", "A month", kind="money", value="shown_amount",
            sort="shown_amount", currency="contract__currency",
        ),
        Column("waiting", "To reconcile", kind="number", sort="waiting"),
        Column("oldest_on", "Since", kind="date", sort="oldest_on"),
    ),
    filters=(TextFilter("contract__account__name", "Customer"),),
    views=(
        View("waiting", "To reconcile", where=Q(waiting__gt=0)),
        View("all", "All"),
    ),
    search=("name__icontains", "contract__number__startswith"),
    search_label="Filter by name or contract",
    order="contract__number",
    row_url=lambda row: reverse("billing:retainer", args=[row["id"]]),
    empty=Empty(
        "No retainer waits", "A retainer's period is reconciled after its last day.",
    ),
)  # fmt: skip
