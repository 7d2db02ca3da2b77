"""Templates written in the library: a draft is a plan like any other until it is published.

Why a draft is a row of projects: docs/adr/0072.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound
from psa.core.org import selectors as org
from psa.core.org.models import Resource

from ..models import PlanCalendar, Project, ProjectTemplate
from ..permissions import ProjectsPermission
from ..rules.plan_calendars import week_of
from ..rules.template_plan import DRAFT_STARTS_ON
from ..selectors.templates import get_template, plan_of_project, plan_of_template
from . import plan_rows as rows
from .template_projects import fill_plan
from .templates import (
    keep_plan,
    kept_version,
    lock_template,
    name_taken,
    record,
    remove_draft,
    replace_plan,
    template_name,
)

_YEAR = timedelta(days=365)


@transaction.atomic
def copy_template(*, template_id: int, name: str, actor: Actor, at: datetime) -> ProjectTemplate:
    """A template of the firm's own with the plan of another, kept by the actor.

    Raises  NotFound, PermissionDenied (projects.create or projects.manage_all); Conflict for a name
            that is taken; DomainError.
    """
    if not actor.has(ProjectsPermission.MANAGE_ALL):
        actor.require(ProjectsPermission.CREATE)
    source = get_template(template_id=template_id)
    try:
        with transaction.atomic():
            made: ProjectTemplate = ProjectTemplate.objects.create(
                tenant_id=actor.tenant_id, name=template_name(name), owner=_person(actor),
                description=source.description, changed_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise name_taken(name) from None
    keep_plan(made, plan_of_template(source))
    kept_version(made, actor, at)
    record(made, actor, at, f"copied the template “{source.name}”, version {source.version}")
    return made


@transaction.atomic
def open_draft(*, template_id: int, actor: Actor, at: datetime) -> Project:
    """The draft of a template's next version: the one that is there, or the present plan as one.

    It is scheduled by the hours of who keeps the template, without holidays and leave. What edits
    a plan edits it; nobody else than those who may edit the template ever meets it.
    Raises  NotFound, PermissionDenied; DomainError for a template that comes with the system.
    """
    template = lock_template(template_id, actor)
    if template.code:
        raise DomainError("This template comes with the system. Copy it, and edit the copy.")
    known: Project | None = Project.plans.filter(draft_of=template).first()
    if known is not None:
        return known
    keeper = template.owner or _person(actor)
    if keeper is None:
        raise DomainError("Say first who keeps the template: its hours plan the draft.")
    draft: Project = Project.plans.create(
        tenant_id=actor.tenant_id, draft_of=template, code=f"TPL-{template.pk}",
        name=template.name, manager=keeper, contracting_unit_id=keeper.org_unit_id,
        calendar_id=keeper.calendar_id, starts_on=DRAFT_STARTS_ON, is_internal=True, created_at=at,
    )  # fmt: skip
    today = at.date()
    spec = org.calendar_spec(keeper.calendar_id, today - _YEAR, today + _YEAR)
    draft.plan_calendar = PlanCalendar.objects.create(
        tenant_id=actor.tenant_id, project=draft, uid=1, name="Working hours", week=week_of(spec)
    )
    draft.save(update_fields=["plan_calendar"])
    fill_plan(draft, plan_of_template(template), {})
    rows.finish(draft, actor, at, f"began a draft of version {template.version + 1}")
    record(template, actor, at, f"began a draft of version {template.version + 1}")
    return draft


@transaction.atomic
def publish_draft(*, template_id: int, actor: Actor, at: datetime) -> ProjectTemplate:
    """Make the draft the template's next version; projects made from former ones stay.

    Raises  NotFound, PermissionDenied; DomainError for a draft without tasks.
    """
    template = lock_template(template_id, actor)
    draft = _locked_draft(template)
    plan = plan_of_project(draft, with_people=False)
    if not plan.tasks:
        raise DomainError("The draft has no tasks. Add some, or discard it.")
    replace_plan(template, plan, actor, at)
    remove_draft(template)
    record(template, actor, at, f"published its draft as version {template.version}")
    return template


@transaction.atomic
def discard_draft(*, template_id: int, actor: Actor, at: datetime) -> ProjectTemplate:
    """Throw the draft away; the template stays as it is. Raises  NotFound, PermissionDenied."""
    template = lock_template(template_id, actor)
    _locked_draft(template)
    remove_draft(template)
    record(template, actor, at, f"discarded the draft of version {template.version + 1}")
    return template


def _locked_draft(template: ProjectTemplate) -> Project:
    draft: Project | None = (
        Project.plans.select_for_update(of=("self",), no_key=True).filter(draft_of=template).first()
    )
    if draft is None:
        raise NotFound(f"Template “{template.name}” has no draft. It may have been published.")
    return draft


def _person(actor: Actor) -> Resource | None:
    found: Resource | None = Resource.objects.filter(membership_id=actor.membership_id).first()
    return found
