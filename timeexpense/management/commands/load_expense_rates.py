"""Load a table of mileage or per diem rates for one tenant."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.tenancy.scope import tenant_scope
from timeexpense.services import rate_tables


class Command(UncheckedCommand):
    help = (
        "Load mileage or per diem rates from a CSV file or a workbook, all rows or none. Without "
        "--file the published figures that come with the system. Loading twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--table", required=True, choices=sorted(rate_tables.KINDS))
        parser.add_argument("--file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        kind = options["table"]
        path = options["file"] or rate_tables.SHIPPED / rate_tables.KINDS[kind].file
        try:
            content = path.read_bytes()
            with tenant_scope(tenant.pk):
                done = rate_tables.load_rates(
                    kind=kind, content=content, filename=path.name,
                    actor=actors.for_operator(tenant.pk), at=clock.now(),
                )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error}") from None
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(done.sentence)
