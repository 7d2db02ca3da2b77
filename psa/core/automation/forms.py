"""Forms of rules and approvals: shape only; the service says what fits."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from psa.core.access.models import Membership, Role
from psa.core.automation import subjects
from psa.core.automation.models import AutomationRule, RuleRecipient
from psa.core.automation.rules.conditions import WORDS, Operator
from psa.core.automation.selectors import record_type_of
from psa.core.automation.services.rules import ConditionInput, RecipientInput, RuleInput
from psa.core.errors import NotFound

CONDITIONS: Final = 4
WEEKDAYS: Final = [
    (0, "Monday"), (1, "Tuesday"), (2, "Wednesday"), (3, "Thursday"), (4, "Friday"),
    (5, "Saturday"), (6, "Sunday"),
]  # fmt: skip
Kind = AutomationRule.TriggerKind


def moments() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every moment a rule may act at, grouped, as “kind:key” with its words."""
    groups = [
        (f"{subject.label}", [(f"event:{event}", label) for event, label in subject.events])
        for subject in subjects.all_subjects()
        if subject.events
    ]
    return [
        *groups,
        ("A day comes near", [(f"deadline:{d.key}", d.label) for d in subjects.all_deadlines()]),
        ("Each week", [(f"weekly:{d.key}", d.label) for d in subjects.all_digests()]),
        ("Before", [(f"gate:{g.key}", g.label) for g in subjects.all_gates()]),
    ]


def moment_of(text: str) -> tuple[str, str] | None:
    """The kind and key of “kind:key”, if there is such a moment."""
    kind, _, key = text.partition(":")
    if kind not in Kind.values:
        return None
    try:
        record_type_of(kind, key)
    except NotFound:
        return None
    return kind, key


class Moment(forms.Form):
    """The first step of a new rule: when it acts."""

    when = forms.ChoiceField(label="When")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].choices = [  # type: ignore[attr-defined]
            (f"{group}", choices) for group, choices in moments() if choices
        ]


def _part(label: str, kind: str) -> dict[str, str]:
    return {"class": f"form-{kind}", "aria-label": label}


class _ConditionWidget(forms.MultiWidget):
    """Field, comparison and value side by side."""

    template_name = "automation/_condition.html"

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        comparisons = [("", "compare"), *((o.value, WORDS[o]) for o in Operator)]
        super().__init__(
            [
                forms.Select(
                    choices=[("", "No condition"), *fields], attrs=_part("Field", "select")
                ),
                forms.Select(choices=comparisons, attrs=_part("Comparison", "select")),
                forms.TextInput(attrs=_part("Value", "control")),
            ]
        )

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else ["", "", ""]


class ConditionField(forms.MultiValueField):
    """One condition; empty when no field is chosen."""

    def __init__(self, fields: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        parts = (
            forms.CharField(required=False),
            forms.CharField(required=False),
            forms.CharField(required=False, max_length=200),
        )
        super().__init__(
            parts, widget=_ConditionWidget(fields), required=False, require_all_fields=False,
            **kwargs,
        )  # fmt: skip

    def compress(self, data_list: Sequence[str]) -> ConditionInput | None:
        if not data_list or not data_list[0]:
            return None
        return ConditionInput(data_list[0], data_list[1] or "", data_list[2] or "")


class Rule(forms.Form):
    """A rule at a moment that is chosen already."""

    name = forms.CharField(label="Name", max_length=120)

    def __init__(self, *args: Any, kind: str, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.key = kind, key
        record_type = record_type_of(kind, key)
        known = subjects.subject(record_type) if record_type else None
        if kind == Kind.DEADLINE:
            self.fields["lead_days"] = forms.IntegerField(
                label="Days before", min_value=0, max_value=365, initial=7
            )
            self.fields["after_days"] = forms.IntegerField(
                label="or days after", min_value=0, max_value=365, initial=0, required=False,
                help_text="To escalate: if it still stands so many days later.",
            )  # fmt: skip
        if kind == Kind.WEEKLY:
            self.fields["weekday"] = forms.TypedChoiceField(
                label="Each", choices=WEEKDAYS, coerce=int
            )
        fields = [(one.key, one.label) for one in known.fields] if known else []
        for number in range(1, CONDITIONS + 1 if fields else 1):
            self.fields[f"condition_{number}"] = ConditionField(
                fields, label="If" if number == 1 else "and"
            )
        roles = list(Role.objects.order_by("name").values_list("code", "name"))
        if kind == Kind.GATE:
            self.fields["approver_role"] = forms.ChoiceField(label="Approved by", choices=roles)
            return
        if kind != Kind.WEEKLY:
            self.fields["action"] = forms.ChoiceField(
                label="Then",
                choices=[
                    (AutomationRule.Action.NOTIFY.value, "Notify"),
                    (AutomationRule.Action.WEBHOOK.value, "Call the webhooks"),
                ],
            )
            self.fields["message"] = forms.CharField(
                label="What it says", max_length=160, required=False,
                help_text="The record's name follows. Empty: the rule's name.",
            )  # fmt: skip
        self._add_recipients(known, roles)

    def _add_recipients(
        self, known: subjects.Subject | None, roles: Sequence[tuple[str, str]]
    ) -> None:
        members = Membership.objects.filter(is_active=True).order_by("name")
        if known is not None and known.people:
            self.fields["people"] = forms.MultipleChoiceField(
                label="Tell", choices=known.people, required=False,
                widget=forms.CheckboxSelectMultiple,
            )  # fmt: skip
            self.fields["above"] = forms.MultipleChoiceField(
                label="The manager of", choices=known.people, required=False,
                widget=forms.CheckboxSelectMultiple,
            )  # fmt: skip
        self.fields["roles"] = forms.MultipleChoiceField(
            label="Everybody who is", choices=roles, required=False,
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
        self.fields["members"] = forms.TypedMultipleChoiceField(
            label="These members", choices=list(members.values_list("id", "name")), coerce=int,
            required=False, help_text="Several with Ctrl.",
        )  # fmt: skip

    def rule(self) -> RuleInput:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        conditions = [given.get(f"condition_{n}") for n in range(1, CONDITIONS + 1)]
        default = (
            AutomationRule.Action.APPROVAL
            if self.kind == Kind.GATE
            else AutomationRule.Action.NOTIFY
        )
        return RuleInput(
            name=given["name"],
            trigger_kind=self.kind,
            trigger=self.key,
            action=given.get("action") or default.value,
            message=given.get("message", ""),
            lead_days=given.get("lead_days") or 0,
            after_days=given.get("after_days") or 0,
            weekday=given.get("weekday") or 0,
            approver_role=given.get("approver_role", ""),
            conditions=tuple(one for one in conditions if one is not None),
            recipients=(
                *(RecipientInput("person", key) for key in given.get("people", ())),
                *(RecipientInput("above", key) for key in given.get("above", ())),
                *(RecipientInput("role", code) for code in given.get("roles", ())),
                *(RecipientInput("member", "", pk) for pk in given.get("members", ())),
            ),
        )


def initial_of(row: AutomationRule) -> dict[str, Any]:
    """What the form of an existing rule starts with. Three queries."""
    initial: dict[str, Any] = {
        "name": row.name,
        "lead_days": row.lead_days,
        "after_days": row.after_days,
        "weekday": row.weekday,
        "action": row.action,
        "message": row.message,
        "approver_role": row.approver_role,
        "people": [],
        "above": [],
        "roles": [],
        "members": [],
    }
    for number, one in enumerate(row.conditions.order_by("position"), start=1):
        initial[f"condition_{number}"] = [one.field, one.operator, one.value]
    for told in row.recipients.all():
        if told.kind == RuleRecipient.Kind.MEMBER:
            initial["members"].append(told.member_id)
        else:
            name = {
                RuleRecipient.Kind.PERSON.value: "people",
                RuleRecipient.Kind.ABOVE.value: "above",
            }.get(told.kind, "roles")
            initial[name].append(told.key)
    return initial


class Ask(forms.Form):
    """Asking for approval."""

    note = forms.CharField(
        label="What they should know", max_length=300, required=False, widget=forms.Textarea
    )


class Decide(forms.Form):
    """Approving or declining."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve"), ("decline", "Decline")],
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label="Comment", max_length=300, required=False, widget=forms.Textarea,
        help_text="Needed to decline.",
    )  # fmt: skip
