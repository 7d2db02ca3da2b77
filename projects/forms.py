"""Forms of projects: they check shape; what is allowed, the services decide."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from psa.core.actor import Actor
from psa.core.ledger.rules.types import TransactionClass
from psa.core.web.forms import AmountField, DateField, MinutesField

from .models import Project, Task
from .rules.typed_dates import MAX_DURATION, OF_FINISH, end_of, first_day, last_day, start_of
from .selectors import choices
from .services.task_values import MAX_MINUTES

_NONE: list[tuple[Any, Any]] = [("", "–")]


class ReferenceField(forms.TypedChoiceField):
    """One of the (id, label) pairs a selector offers; cleans to the id, or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, **kwargs)


def offer(form: forms.Form, name: str, pairs: Sequence[tuple[Any, Any]]) -> None:
    """Let a choice field of the form offer these (value, label) pairs."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(pairs)


class NewProject(forms.Form):
    name = forms.CharField(label="Name", max_length=160)
    contract = ReferenceField(
        label="Contract",
        required=False,
        help_text="The customer and unit come from it. Leave empty for internal or direct work.",
    )
    manager = ReferenceField(label="Project manager")
    starts_on = DateField(label="Starts")
    ends_on = DateField(label="Ends", required=False)
    is_internal = forms.BooleanField(label="Internal, no customer", required=False)
    description = forms.CharField(label="Description", widget=forms.Textarea, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "contract", [*_NONE, *choices.contracts(actor)])
        offer(self, "manager", [*_NONE, *choices.managers()])
        self.fields["manager"].initial = choices.manager_of(actor)

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = {name: self.cleaned_data[name] for name in self.base_fields}
        found["contract_id"] = found.pop("contract")
        found["manager_id"] = found.pop("manager")
        return found


class EditProject(forms.Form):
    """The budget field is there only for those who may see the project's cost."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=160)
    manager = ReferenceField(label="Project manager")
    starts_on = DateField(label="Starts")
    ends_on = DateField(label="Ends", required=False)
    calendar = ReferenceField(label="Calendar", help_text="Its working days phase the plan.")
    health = forms.ChoiceField(
        label="Health",
        choices=Project.Health.choices,
        help_text="Your own word; the figures say theirs beside it.",
    )
    health_comment = forms.CharField(label="Why", max_length=300, required=False)
    budget_cost_amount = AmountField(label="Cost budget", required=False, min_value=0)
    description = forms.CharField(label="Description", widget=forms.Textarea, required=False)

    def __init__(
        self, *args: Any, project: Project, currency: str, with_budget: bool, **kwargs: Any
    ) -> None:
        initial = {
            "lock_version": project.lock_version,
            "name": project.name,
            "manager": project.manager_id,
            "starts_on": project.starts_on,
            "ends_on": project.ends_on,
            "calendar": project.calendar_id,
            "health": project.health,
            "health_comment": project.health_comment,
            "description": project.description,
        }
        if with_budget:
            initial["budget_cost_amount"] = project.budget_cost_amount
        super().__init__(*args, **(kwargs | {"initial": initial}))
        offer(self, "manager", choices.managers())
        offer(self, "calendar", choices.calendars())
        if with_budget:
            budget = self.fields["budget_cost_amount"]
            assert isinstance(budget, AmountField)
            budget.currency = currency
        else:
            del self.fields["budget_cost_amount"]

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = {n: v for n, v in self.cleaned_data.items() if n in self.base_fields}
        found["manager_id"] = found.pop("manager")
        found["calendar_id"] = found.pop("calendar")
        return found


class ChangeStatus(forms.Form):
    status = forms.ChoiceField(label="Status", choices=Project.Status.choices)
    reason = forms.CharField(label="Reason", max_length=200, required=False)


class EditTask(forms.Form):
    """All of a task; a summary has only what does not come from the tasks below it.

    The days that were shown come back with it: those left as they were are not typed, though the
    schedule has moved the task meanwhile.
    """

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Task", max_length=160)
    description = forms.CharField(
        label="Description", widget=forms.Textarea, required=False, max_length=20_000
    )
    role = ReferenceField(label="Role", required=False)
    effort_minutes = MinutesField(label="Effort", required=False, max_minutes=MAX_MINUTES)
    remaining_minutes = MinutesField(label="Left", required=False, max_minutes=MAX_MINUTES)
    starts_on = DateField(label="Start", required=False)
    finishes_on = DateField(label="Finish", required=False)
    mode = forms.ChoiceField(
        label="Keeps", choices=Task.Mode.choices, help_text="What stays when the others change."
    )
    is_effort_driven = forms.BooleanField(label="Another person shares the work", required=False)
    constraint_kind = forms.ChoiceField(label="Constraint", choices=Task.Constraint.choices)
    constrained_on = DateField(label="Constraint date", required=False)
    deadline_on = DateField(
        label="Deadline", required=False, help_text="Is marked when missed; it moves nothing."
    )
    levelling_delay_minutes = MinutesField(
        label="Put off by levelling",
        required=False,
        max_minutes=MAX_DURATION,
        help_text="So long the task waits where it could begin. Empty: it does not wait.",
    )
    priority = forms.IntegerField(label="Priority", min_value=0, max_value=1000)
    is_milestone = forms.BooleanField(label="Milestone", required=False)
    is_completed = forms.BooleanField(label="Completed", required=False)
    shown_starts_on = forms.DateField(required=False, widget=forms.HiddenInput)
    shown_finishes_on = forms.DateField(required=False, widget=forms.HiddenInput)
    external_reference = forms.CharField(label="Reference", max_length=60, required=False)

    def __init__(self, *args: Any, task: Task, **kwargs: Any) -> None:
        initial = {name: getattr(task, name) for name in _TASK_FIELDS} | {
            "role": task.role_id,
            "shown_starts_on": task.starts_on,
            "shown_finishes_on": task.finishes_on,
            "constrained_on": _day_of(task.constraint_kind, task.constrained_to),
            "deadline_on": _day_of(Task.Constraint.FINISH_NO_LATER_THAN, task.deadline_at),
        }
        super().__init__(*args, **(kwargs | {"initial": initial}))
        self.task = task
        offer(self, "role", [*_NONE, *choices.roles()])
        if task.is_summary:
            for name in _LEAF_FIELDS:
                del self.fields[name]
        if task.levelling_delay_minutes <= 0:
            # It comes with a plan of another program; here, levelling gives dates.
            self.fields.pop("levelling_delay_minutes", None)

    def values(self) -> dict[str, Any]:
        """The service's arguments: only what differs from what was shown, so that a day that
        stands for an hour of an imported plan stays that hour."""
        found = dict(self.cleaned_data)
        for name in ("effort_minutes", "remaining_minutes", "levelling_delay_minutes"):
            if name in found:
                found[name] = found[name] or 0
        for name in ("starts_on", "finishes_on"):
            shown = found.pop(f"shown_{name}", None)
            if shown is not None and found.get(name) == shown:
                del found[name]
        given = {
            name: value
            for name, value in found.items()
            if name == "lock_version" or value != self.initial[name]
        }
        if "role" in given:
            given["role_id"] = given.pop("role")
        kind = found["constraint_kind"]
        on = given.pop("constrained_on", None)
        if on is not None or ("constraint_kind" in given and found["constrained_on"]):
            given["constrained_to"] = _moment_of(kind, on or found["constrained_on"])
        if "deadline_on" in given:
            given["deadline_at"] = _moment_of("fnlt", given.pop("deadline_on"))
        return given


def _day_of(kind: str, at: datetime | None) -> date | None:
    """The day that somebody means by an instant: what ends at midnight ended the day before."""
    if at is None:
        return None
    return last_day(at - timedelta(days=1), at) if kind in OF_FINISH else first_day(at)


def _moment_of(kind: str, on: date | None) -> datetime | None:
    if on is None:
        return None
    return end_of(on) if kind in OF_FINISH else start_of(on)


_TASK_FIELDS = (
    "lock_version", "name", "description", "effort_minutes", "remaining_minutes", "starts_on",
    "finishes_on", "mode", "is_effort_driven", "constraint_kind", "priority", "is_milestone",
    "is_completed", "external_reference", "levelling_delay_minutes",
)  # fmt: skip
_LEAF_FIELDS = (
    "effort_minutes", "remaining_minutes", "starts_on", "finishes_on", "mode", "is_effort_driven",
    "is_milestone", "is_completed", "shown_starts_on", "shown_finishes_on",
)  # fmt: skip


class PlanBatch(forms.Form):
    """Holds the refusal of a batch of edits, which comes as JSON and has no fields."""


class LevelPlan(forms.Form):
    """The plan that was looked at, and whether its finish must stay."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    within_slack = forms.TypedChoiceField(
        choices=[("1", "Only within slack"), ("", "Later if need be")],
        coerce=bool,
        required=False,
        widget=forms.HiddenInput,
    )

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        return {
            "revision": self.cleaned_data["revision"],
            "within_slack": bool(self.cleaned_data["within_slack"]),
        }


class WriteComment(forms.Form):
    text = forms.CharField(
        label="Comment",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": ""}),
        help_text="Type @ and a name to tell somebody.",
    )


class EditTeamMember(forms.Form):
    """The rate field is there only for those who may see the project's bill rates."""

    valid_from = DateField(label="From")
    last_on = DateField(label="Last day", required=False)
    planned_minutes = MinutesField(label="Hours planned", required=False, max_minutes=MAX_MINUTES)
    bill_rate_override = AmountField(
        label="Agreed rate per hour", required=False, min_value=0, decimal_places=6, max_digits=20
    )

    def __init__(self, *args: Any, with_rate: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_rate:
            del self.fields["bill_rate_override"]


class Approvers(forms.Form):
    approvers = forms.TypedMultipleChoiceField(
        label="Approvers",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They approve time and expenses beside the project manager.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "approvers", choices.managers())


class LinkContractLine(forms.Form):
    contract_line = ReferenceField(label="Contract line")
    transaction_class = forms.ChoiceField(
        label="Pays for", choices=[(c.value, c.value.capitalize()) for c in TransactionClass]
    )
    task = ReferenceField(
        label="On", required=False, help_text="With all tasks below it. Empty: the whole project."
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "contract_line", choices.contract_lines(project.contract_id))
        offer(self, "task", [("", "The whole project"), *choices.tasks(project.pk)])

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = self.cleaned_data
        return {
            "contract_line_id": found["contract_line"],
            "transaction_class": found["transaction_class"],
            "task_id": found["task"],
        }
