"""The library of templates: saved from projects, shipped, changed and taken away."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.org.models import JobRole, Resource

from .. import policies
from ..events import ProjectEvent
from ..models import (
    Project,
    ProjectTemplate,
    TemplateLink,
    TemplateRole,
    TemplateTask,
    TemplateVersion,
)
from ..rules.template_plan import OpenPlan, ShippedTemplate, packed, read_shipped, unpacked
from ..selectors.templates import (
    get_template,
    get_version,
    plan_of_project,
    plan_of_template,
)
from ..selectors.work import get_project

RECORD: Final = "projects.ProjectTemplate"
_FOLDER: Final = Path(__file__).parent.parent / "shipped_templates"


@transaction.atomic
def save_as_template(
    *,
    project_id: int,
    name: str,
    actor: Actor,
    at: datetime,
    description: str = "",
    owner_id: int | None = None,
    review_on: date | None = None,
    template_id: int | None = None,
) -> ProjectTemplate:
    """Keep a project's plan as a template: roles, not people; offsets, not dates.

    With `template_id` that template takes the plan, as its next version. Without an owner the
    project's manager is.
    Raises  NotFound, PermissionDenied; Conflict for a name that is taken, and for a template that
            is being drafted; DomainError.
    """
    project = get_project(actor=actor, project_id=project_id)
    if not policies.may_manage(project, actor):
        raise PermissionDenied(f"Project {project.code} is not yours to make a template of.")
    plan = plan_of_project(project, with_people=False)
    if not plan.tasks:
        raise DomainError("The plan has no tasks yet. Add some first.", field="name")
    values = {
        "name": template_name(name),
        "description": description.strip(),
        "owner_id": _owner(owner_id or project.manager_id),
        "review_on": review_on,
        "changed_at": at,
    }
    try:
        with transaction.atomic():
            if template_id is None:
                template = ProjectTemplate.objects.create(tenant_id=actor.tenant_id, **values)
            else:
                template = lock_template(template_id, actor)
                _check_not_drafted(template)
                kept_version(template, actor, at)
                _set(template, {**values, "code": "", "version": template.version + 1})
                _forget(template)
    except IntegrityError:
        raise name_taken(name) from None
    keep_plan(template, plan)
    kept_version(template, actor, at)
    record(template, actor, at, f"kept the plan of {project.code} as version {template.version}")
    return template


@transaction.atomic
def edit_template(
    *, template_id: int, lock_version: int | None, actor: Actor, at: datetime, **values: Any
) -> ProjectTemplate:
    """Change what is given of name, description, owner_id and review_on.

    Raises  NotFound, PermissionDenied; Conflict for a stale form or a name that is taken.
    """
    unknown = values.keys() - {"name", "description", "owner_id", "review_on"}
    if unknown:
        raise TypeError(f"not a field of a template that can be edited: {sorted(unknown)}")
    template = lock_template(template_id, actor)
    if lock_version is not None and lock_version != template.lock_version:
        raise Conflict(
            f"Template “{template.name}” has changed since you opened it. Reload to see it, then "
            "make your change."
        )
    if "name" in values:
        values["name"] = template_name(values["name"])
    if values.get("owner_id") is not None:
        _owner(values["owner_id"])
    changed = {k: v for k, v in values.items() if getattr(template, k) != v}
    if changed:
        try:
            with transaction.atomic():
                _set(template, {**changed, "changed_at": at})
        except IntegrityError:
            raise name_taken(values["name"]) from None
        words = ", ".join(k.removesuffix("_id").replace("_", " ") for k in changed)
        record(template, actor, at, f"changed {words} of the template")
    return template


@transaction.atomic
def take_up_version(
    *, template_id: int, number: int, actor: Actor, at: datetime
) -> ProjectTemplate:
    """Make a former version's plan the template's next version.

    Raises  NotFound, PermissionDenied; DomainError for the version that it is at; Conflict while
            it is being drafted.
    """
    template = lock_template(template_id, actor)
    if number == template.version:
        raise DomainError(f"Version {number} is the present one.", field="number")
    _check_not_drafted(template)
    kept = get_version(template, number)
    replace_plan(template, unpacked(kept.plan), actor, at)
    record(template, actor, at, f"took version {number} up again as version {template.version}")
    return template


def replace_plan(template: ProjectTemplate, plan: OpenPlan, actor: Actor, at: datetime) -> None:
    """The next version of a locked template; the one before is kept. The caller tells the trail."""
    kept_version(template, actor, at)
    _set(template, {"code": "", "version": template.version + 1, "changed_at": at})
    _forget(template)
    keep_plan(template, plan)
    kept_version(template, actor, at)


def _check_not_drafted(template: ProjectTemplate) -> None:
    if Project.plans.filter(draft_of=template).exists():
        raise Conflict(
            f"Template “{template.name}” is being drafted. Publish or discard the draft first."
        )


def kept_version(template: ProjectTemplate, actor: Actor | None, at: datetime) -> TemplateVersion:
    """The present plan of a template as a version that stays, kept once."""
    known: TemplateVersion | None = TemplateVersion.objects.filter(
        template=template, number=template.version
    ).first()
    if known is not None:
        return known
    made: TemplateVersion
    made, _ = TemplateVersion.objects.get_or_create(
        template=template,
        number=template.version,
        defaults={
            "tenant_id": template.tenant_id,
            "plan": packed(plan_of_template(template)),
            "kept_at": at,
            "kept_by_id": actor.membership_id if actor else None,
        },
    )
    return made


@transaction.atomic
def delete_template(*, template_id: int, actor: Actor, at: datetime) -> str:
    """Take a template out of the library; projects made from it stay. Returns its name.

    Raises  NotFound, PermissionDenied.
    """
    template = lock_template(template_id, actor)
    name = template.name
    audit.record(
        actor=actor, at=at, event=ProjectEvent.TEMPLATE_DELETED, record_type=RECORD,
        record_id=template.pk, sentence=f"deleted the template “{name}”",
    )  # fmt: skip
    remove_draft(template)
    template.delete()
    return name


def remove_draft(template: ProjectTemplate) -> None:
    """The draft of a locked template deleted with all its rows, where there is one."""
    drafts = Project.plans.filter(draft_of=template)
    drafts.update(plan_calendar=None)  # which goes with it, and would keep it
    drafts.delete()


@transaction.atomic
def seed_templates(*, tenant_id: int, at: datetime) -> int:
    """Give a firm the shipped templates that it lacks; how many were added.

    One whose name the firm uses itself is left out. Idempotent.
    """
    known = set(ProjectTemplate.objects.exclude(code="").values_list("code", flat=True))
    names = set(ProjectTemplate.objects.values_list("name", flat=True))
    added = 0
    for code, shipped in shipped_templates().items():
        if code in known or shipped.name in names:
            continue
        template = ProjectTemplate.objects.create(
            tenant_id=tenant_id, code=code, name=shipped.name, description=shipped.description,
            changed_at=at,
        )  # fmt: skip
        keep_plan(template, shipped.plan)
        added += 1
    return added


def add_shipped_templates(*, actor: Actor, at: datetime) -> int:
    """`seed_templates` asked for by somebody. Raises  PermissionDenied (projects.manage_all)."""
    actor.require("projects.manage_all")
    return seed_templates(tenant_id=actor.tenant_id, at=at)


@cache
def shipped_templates() -> Mapping[str, ShippedTemplate]:
    """The templates that come with the system, by code."""
    return {
        path.stem: read_shipped(path.read_text(encoding="utf-8"))
        for path in sorted(_FOLDER.glob("*.txt"))
    }


def keep_plan(template: ProjectTemplate, plan: OpenPlan) -> None:
    """A template's rows written, in three inserts; a role is matched to the firm's by its name."""
    firms = {name.casefold(): pk for pk, name in JobRole.objects.values_list("id", "name")}
    roles = TemplateRole.objects.bulk_create(
        TemplateRole(
            tenant_id=template.tenant_id,
            template=template,
            position=position,
            name=role.name[:80],
            job_role_id=role.job_role_id or firms.get(role.name.casefold()),
        )
        for position, role in enumerate(plan.roles, start=1)
    )
    by_name = {role.name: row for role, row in zip(plan.roles, roles, strict=True)}
    tasks = TemplateTask.objects.bulk_create(
        [
            TemplateTask(
                tenant_id=template.tenant_id,
                template=template,
                position=position,
                role=by_name.get(task.role),
                **{name: getattr(task, name) for name in _KEPT},
            )
            for position, task in enumerate(plan.tasks, start=1)
        ],
        batch_size=1000,
    )
    TemplateLink.objects.bulk_create(
        [
            TemplateLink(
                tenant_id=template.tenant_id,
                template=template,
                predecessor=tasks[link.before],
                successor=tasks[link.after],
                **link.waiting(),
            )
            for link in plan.links
        ],
        batch_size=1000,
    )


_KEPT: Final = (
    "depth", "name", "description", "effort_minutes", "duration_minutes",
    "is_duration_elapsed", "mode", "is_effort_driven", "is_milestone", "constraint_kind",
    "constrained_to_days", "deadline_days",
    "priority", "billing_type", "levelling_delay_minutes", "is_levelling_delay_elapsed", "gaps",
)  # fmt: skip


def _forget(template: ProjectTemplate) -> None:
    TemplateLink.objects.filter(template=template).delete()
    TemplateTask.objects.filter(template=template).delete()
    TemplateRole.objects.filter(template=template).delete()


def lock_template(template_id: int, actor: Actor) -> ProjectTemplate:
    """A template taken for a change. Raises  NotFound, PermissionDenied."""
    get_template(template_id=template_id)
    row: ProjectTemplate | None = (
        ProjectTemplate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("owner")
        .filter(id=template_id)
        .first()
    )
    if row is None:
        raise NotFound("There is no such template.")
    if not policies.may_edit_template(row, actor):
        owner = row.owner.name if row.owner else "who manages all projects"
        raise PermissionDenied(f"Template “{row.name}” is kept by {owner}. Ask them to change it.")
    return row


def _set(template: ProjectTemplate, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(template, name, value)
    template.lock_version += 1
    template.save(update_fields=[*values, "lock_version"])


def template_name(name: str) -> str:
    """A name as it is kept. Raises  DomainError."""
    name = name.strip()
    if not name or len(name) > 120:
        raise DomainError("A template's name has 1 to 120 characters.", field="name")
    return name


def name_taken(name: str) -> Conflict:
    return Conflict(f"There is a template “{name}” already. Choose another name.", field="name")


def _owner(resource_id: int) -> int:
    if not Resource.objects.filter(id=resource_id).exists():
        raise DomainError("This person does not exist. Choose another.", field="owner")
    return resource_id


def record(template: ProjectTemplate, actor: Actor, at: datetime, sentence: str) -> None:
    """What was done to a template, for the trail."""
    audit.record(
        actor=actor, at=at, event=ProjectEvent.TEMPLATE_SAVED, record_type=RECORD,
        record_id=template.pk, sentence=sentence,
    )  # fmt: skip
