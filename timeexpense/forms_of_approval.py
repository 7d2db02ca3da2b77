"""What people send about routing rules, deputies and lines decided one by one: shapes only."""

from collections.abc import Sequence
from typing import Any

from django import forms

from psa.core.access.models import Membership, Role
from psa.core.org.models import LegalEntity, OrgUnit, TransactionCategory
from psa.core.web.formats import day_text, hours_text
from psa.core.web.forms import AmountField, DateField
from timeexpense.models import ApprovalRoute
from timeexpense.rules.routing import FIRST_LEVEL, LAST_LEVEL
from timeexpense.selectors import routing
from timeexpense.selectors.approvals import Waiting
from timeexpense.services.routes import RouteInput


def _approvers() -> Any:
    able = Membership.objects.filter(id__in=routing.approving_members(), is_active=True)
    return able.order_by("name")


class Deputy(forms.Form):
    approver: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label="Approver", queryset=None, empty_label=None
    )
    delegate: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label="Deputy",
        queryset=None,
        empty_label="Choose a deputy",
        help_text="Decides in the approver's place.",
    )
    from_on = DateField(label="From")
    until_on = DateField(label="Until", help_text="This day is included, where the approver is.")
    reason = forms.CharField(label="Reason", required=False, max_length=200)

    def __init__(self, *args: Any, approvers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["approver"].queryset = approvers  # type: ignore[attr-defined]
        self.fields["delegate"].queryset = _approvers()  # type: ignore[attr-defined]


class Route(forms.Form):
    """A routing rule; empty fields ask for nothing."""

    name = forms.CharField(label="Name", max_length=120)
    level = forms.TypedChoiceField(
        label="Which decision",
        coerce=int,
        choices=[
            (1, "The first, in place of the project's approvers"),
            (2, "A second, after the first"),
            (3, "A third, after the second"),
        ],
    )
    position = forms.IntegerField(
        label="Order",
        min_value=1,
        max_value=999,
        initial=1,
        help_text="Of several rules that fit at one level, the lowest counts.",
    )
    entry_kind = forms.ChoiceField(
        label="Of",
        required=False,
        choices=[("", "Time and expenses"), ("time", "Time"), ("expense", "Expenses")],
    )
    amount_over = AmountField(
        label="Amount over",
        required=False,
        help_text="Of expenses with tax, in the currency of the project's legal entity.",
    )
    category: "forms.ModelChoiceField[TransactionCategory]" = forms.ModelChoiceField(
        label="Category", queryset=None, required=False, empty_label="Any"
    )
    org_unit: "forms.ModelChoiceField[OrgUnit]" = forms.ModelChoiceField(
        label="Unit of the person", queryset=None, required=False, empty_label="Any",
        help_text="With the units below it.",
    )  # fmt: skip
    legal_entity: "forms.ModelChoiceField[LegalEntity]" = forms.ModelChoiceField(
        label="Legal entity of the project", queryset=None, required=False, empty_label="Any"
    )
    approver: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label="Decided by", queryset=None, required=False, empty_label="Somebody of a role"
    )
    approver_role = forms.ChoiceField(label="or by anybody who is", required=False)
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("category", TransactionCategory.objects.filter(transaction_class="expense")),
            ("org_unit", OrgUnit.objects.all()),
            ("legal_entity", LegalEntity.objects.all()),
        ):
            self.fields[name].queryset = rows.order_by("name")  # type: ignore[attr-defined]
        self.fields["approver"].queryset = _approvers()  # type: ignore[attr-defined]
        roles = list(Role.objects.order_by("name").values_list("code", "name"))
        self.fields["approver_role"].choices = [("", "No role"), *roles]  # type: ignore[attr-defined]

    def route(self) -> RouteInput:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return RouteInput(
            name=given["name"],
            level=given["level"],
            position=given["position"],
            entry_kind=given["entry_kind"],
            category_id=_id(given["category"]),
            org_unit_id=_id(given["org_unit"]),
            legal_entity_id=_id(given["legal_entity"]),
            amount_over=given["amount_over"],
            approver_id=_id(given["approver"]),
            approver_role=given["approver_role"],
        )


def _id(row: Any) -> int | None:
    return row.pk if row is not None else None


def initial_of(row: ApprovalRoute) -> dict[str, Any]:
    """What the form of an existing rule starts with."""
    return {
        "name": row.name,
        "level": max(FIRST_LEVEL, min(row.level, LAST_LEVEL)),
        "position": row.position,
        "entry_kind": row.entry_kind,
        "amount_over": None if row.amount_over is None else f"{row.amount_over.normalize():f}",
        "category": row.category_id,
        "org_unit": row.org_unit_id,
        "legal_entity": row.legal_entity_id,
        "approver": row.approver_id,
        "approver_role": row.approver_role,
        "lock_version": row.lock_version,
    }


class Lines(forms.Form):
    """Chosen entries with a comment for each; one that is empty takes the comment for all."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("return", "Return them"), ("approve", "Approve them")],
        widget=forms.RadioSelect,
        initial="return",
    )
    reason = forms.CharField(
        label="Comment on all", required=False, max_length=400,
        help_text="A line without a comment of its own has this one.",
    )  # fmt: skip

    def __init__(self, *args: Any, lines: Sequence[Waiting], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = tuple(lines)
        for line in self.lines:
            what = line.amount if line.amount is not None else hours_text(line.minutes)
            self.fields[f"{line.kind}_{line.id}"] = forms.CharField(
                label=f"{line.person}, {day_text(line.on)}, {line.project} · {line.task}, {what}",
                required=False,
                max_length=400,
            )

    def comments(self) -> dict[tuple[str, int], str]:
        """Each line's comment: its own, or that for all."""
        given = self.cleaned_data
        return {
            (line.kind, line.id): given[f"{line.kind}_{line.id}"].strip() or given["reason"].strip()
            for line in self.lines
        }
