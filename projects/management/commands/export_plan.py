"""Write a project's plan to standard output: nothing but the file."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from projects.mspdi.writing import write_document
from projects.selectors.plan_document import plan_document
from psa.core import command
from psa.core.access import actors
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.tenancy.scope import tenant_scope


class Command(UncheckedCommand):
    help = "Write the plan of a project in Microsoft Project's XML (MSPDI) to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project_id", type=int, metavar="ID")
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        with tenant_scope(tenant.pk):
            try:
                document = plan_document(
                    actor=actors.for_operator(tenant.pk), project_id=options["project_id"]
                )
                content = write_document(document)
            except DomainError as error:
                raise CommandError(error.message) from None
        self.stdout.write(content.decode(), ending="\n")
