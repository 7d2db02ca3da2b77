"""Make a project of a plan in Microsoft Project's XML."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from projects.services import plan_files
from projects.services.plan_imports import ImportedPlan
from psa.core import clock, command
from psa.core.access import actors
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from psa.core.tenancy.scope import tenant_scope


class Command(UncheckedCommand):
    help = (
        "Make a project of a plan in Microsoft Project's XML, a CSV file or a workbook, whole or "
        "not at all, and schedule it. Prints the project's id alone on the last line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument(
            "--manager", default="", metavar="EMAIL", help="who manages the project"
        )
        parser.add_argument("--name", default="", help="instead of the title in the file")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        try:
            content = options["file"].open("rb")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        with content, tenant_scope(tenant.pk):
            try:
                found = _done(
                    is_trial=options["dry_run"],
                    content=content,
                    filename=options["file"].name,
                    manager_id=_manager(options["manager"]).pk,
                    name=options["name"],
                    actor=actors.for_operator(tenant.pk),
                    at=clock.now(),
                )
            except DomainError as error:
                raise CommandError(error.message) from None
        for warning in found.warnings:
            self.stderr.write(warning)
        span = f", {found.start_at} to {found.finish_at}" if found.start_at else ""
        self.stdout.write(
            f"“{found.name}”: {found.task_count} tasks, {found.link_count} links, "
            f"{found.resource_count} resources, {found.baseline_count} baselines{span}"
        )
        self.stdout.write("Nothing was written." if options["dry_run"] else str(found.project_id))


def _done(*, is_trial: bool, **arguments: Any) -> ImportedPlan:
    if is_trial:
        return plan_files.preview_plan_file(**arguments).plan
    return plan_files.import_plan_file(**arguments)


def _manager(email: str) -> Resource:
    """The person named, or the first of the firm who can sign in."""
    people = Resource.objects.filter(employed_until__isnull=True).order_by("membership_id", "id")
    row: Resource | None
    if email:
        row = people.filter(email__iexact=email).first()
        if row is None:
            raise CommandError(f"Nobody in the firm has the address “{email}”.")
        return row
    row = people.filter(membership__isnull=False).first() or people.first()
    if row is None:
        raise CommandError(
            "The firm has nobody yet who could manage a project. Add a person first."
        )
    return row
