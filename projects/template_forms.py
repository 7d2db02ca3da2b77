"""Forms of templates and copies: shape only."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms

from psa.core.actor import Actor
from psa.core.web.forms import DateField, MinutesField

from .forms import ReferenceField, offer
from .models import Project, ProjectTemplate, Task
from .rules.template_plan import MOST_DAYS
from .rules.typed_dates import MAX_DURATION
from .selectors import choices, template_drafts
from .selectors.templates import TemplateNeed
from .services.task_values import MAX_MINUTES

_NOBODY: Final[list[tuple[Any, str]]] = [("", "Nobody yet")]
_SCALE_HELP: Final = "1 keeps effort and durations, 1.5 makes them half as much again."


def _scale() -> forms.DecimalField:
    return forms.DecimalField(
        label="Scale", min_value=Decimal("0.1"), max_value=Decimal(10), max_digits=5,
        decimal_places=3, initial=Decimal(1), help_text=_SCALE_HELP,
    )  # fmt: skip


class UseTemplate(forms.Form):
    """A new project; each role of the template asks who it is."""

    name = forms.CharField(label="Name of the project", max_length=160)
    contract = ReferenceField(
        label="Contract",
        required=False,
        help_text="The customer and unit come from it. Leave empty for internal or direct work.",
    )
    manager = ReferenceField(label="Project manager")
    starts_on = DateField(label="Starts")
    scale = _scale()
    is_internal = forms.BooleanField(label="Internal, no customer", required=False)

    def __init__(
        self, *args: Any, actor: Actor, needs: Sequence[TemplateNeed], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.needs = needs
        offer(self, "contract", [("", "None"), *choices.contracts(actor)])
        offer(self, "manager", choices.managers())
        self.fields["manager"].initial = choices.manager_of(actor)
        people = [*_NOBODY, *choices.people()]
        for need in needs:
            hours = f"{need.effort_minutes // 60:,} hours of work in the template."
            self.fields[f"role_{need.id}"] = ReferenceField(
                label=need.name, required=False, help_text=hours
            )
            offer(self, f"role_{need.id}", people)

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        given = {need.id: found.pop(f"role_{need.id}") for need in self.needs}
        found["contract_id"] = found.pop("contract")
        found["manager_id"] = found.pop("manager")
        found["people"] = {role_id: who for role_id, who in given.items() if who is not None}
        return found


class SaveTemplate(forms.Form):
    """A project's plan for the library, as a new template or the next version of one."""

    name = forms.CharField(label="Name", max_length=120)
    replaces = ReferenceField(
        label="As the next version of",
        required=False,
        help_text="Only templates that you keep. Projects made from it stay as they are.",
    )
    description = forms.CharField(label="What it is for", widget=forms.Textarea, required=False)
    owner = ReferenceField(label="Owner", help_text="Who keeps it up to date.")
    review_on = DateField(label="Look at it again on", required=False)

    def __init__(
        self, *args: Any, project: Project, mine: Sequence[ProjectTemplate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "replaces", [("", "A new template"), *((t.pk, t.name) for t in mine)])
        offer(self, "owner", choices.people())
        self.fields["name"].initial = project.name[:120]
        self.fields["owner"].initial = project.manager_id

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        found["template_id"] = found.pop("replaces")
        found["owner_id"] = found.pop("owner")
        return found


class EditTemplate(forms.Form):
    """What the library says of a template; its plan comes from a project."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="What it is for", widget=forms.Textarea, required=False)
    owner = ReferenceField(label="Owner", required=False, help_text="Who keeps it up to date.")
    review_on = DateField(label="Look at it again on", required=False)

    def __init__(self, *args: Any, template: ProjectTemplate, **kwargs: Any) -> None:
        initial = {
            "lock_version": template.lock_version,
            "name": template.name,
            "description": template.description,
            "owner": template.owner_id,
            "review_on": template.review_on,
        }
        super().__init__(*args, **(kwargs | {"initial": initial}))
        offer(self, "owner", [*_NOBODY, *choices.people()])

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        found["owner_id"] = found.pop("owner")
        return found


class CopyTemplate(forms.Form):
    """A template of the firm's own from another."""

    name = forms.CharField(label="Name of the copy", max_length=120)


class EditTemplateTask(forms.Form):
    """All of a task of a template; its days are numbers, the first working day being 1."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Task", max_length=160)
    description = forms.CharField(
        label="Description", widget=forms.Textarea, required=False, max_length=20_000,
        help_text="What is to be done and checked; it comes along to projects.",
    )  # fmt: skip
    role = ReferenceField(label="Role", required=False)
    open_role = forms.CharField(
        label="Or a role that the firm does not have", max_length=80, required=False
    )
    effort_minutes = MinutesField(label="Effort", required=False, max_minutes=MAX_MINUTES)
    duration_minutes = MinutesField(label="Duration", required=False, max_minutes=MAX_DURATION)
    mode = forms.ChoiceField(
        label="Keeps", choices=Task.Mode.choices, help_text="What stays when the others change."
    )
    is_effort_driven = forms.BooleanField(label="Another person shares the work", required=False)
    constraint_kind = forms.ChoiceField(label="Constraint", choices=Task.Constraint.choices)
    constrained_on = forms.IntegerField(
        label="Day of the constraint", required=False, min_value=-MOST_DAYS, max_value=MOST_DAYS,
        help_text="Day 1 is the first working day of the plan.",
    )  # fmt: skip
    deadline_on = forms.IntegerField(
        label="Day of the deadline", required=False, min_value=-MOST_DAYS, max_value=MOST_DAYS
    )
    priority = forms.IntegerField(label="Priority", min_value=0, max_value=1000)
    is_milestone = forms.BooleanField(label="Milestone", required=False)

    def __init__(self, *args: Any, task: Task, **kwargs: Any) -> None:
        self.draft = task.project
        kind = task.constraint_kind
        initial = {name: getattr(task, name) for name in _TASK_FIELDS} | {
            "role": task.role_id,
            "constrained_on": template_drafts.number_at(self.draft, task.constrained_to, kind=kind),
            "deadline_on": template_drafts.number_at(self.draft, task.deadline_at, kind="fnlt"),
        }
        super().__init__(*args, **(kwargs | {"initial": initial}))
        offer(self, "role", [("", "None"), *choices.roles()])
        if task.is_summary:
            for name in _LEAF_FIELDS:
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """The service's arguments: only what differs from what was shown."""
        found = dict(self.cleaned_data)
        for name in ("effort_minutes", "duration_minutes"):
            if name in found:
                found[name] = found[name] or 0
        given = {
            name: value
            for name, value in found.items()
            if name == "lock_version" or value != self.initial[name]
        }
        if "role" in given:
            given["role_id"] = given.pop("role")
        kind = found["constraint_kind"]
        if {"constrained_on", "constraint_kind"} & given.keys():
            given.pop("constrained_on", None)
            on = found["constrained_on"]
            given["constrained_to"] = template_drafts.instant_of(self.draft, on, kind=kind)
        if "deadline_on" in given:
            on = given.pop("deadline_on")
            given["deadline_at"] = template_drafts.instant_of(self.draft, on, kind="fnlt")
        return given


_TASK_FIELDS: Final = (
    "lock_version", "name", "description", "open_role", "effort_minutes", "duration_minutes",
    "mode", "is_effort_driven", "constraint_kind", "priority", "is_milestone",
)  # fmt: skip
_LEAF_FIELDS: Final = (
    "effort_minutes", "duration_minutes", "mode", "is_effort_driven", "is_milestone",
)  # fmt: skip


class CopyProject(forms.Form):
    """The plan of a project once more."""

    name = forms.CharField(label="Name of the copy", max_length=160)
    starts_on = DateField(label="Starts")
    scale = _scale()
    is_keeping_people = forms.BooleanField(
        label="Assign the same people",
        required=False,
        help_text="Those still with the firm join the team of the copy.",
    )
