"""Write the trial balance of one legal entity to standard output as CSV."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import command
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.ledger.services import exports
from psa.core.ledger.services.exports import ExportFormat
from psa.core.tenancy.scope import tenant_scope


class Command(UncheckedCommand):
    help = "Write account, currency and balance of every account of a legal entity as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--entity", required=True, help="code of the legal entity")
        parser.add_argument(
            "--in-entity-currency",
            action="store_true",
            help="one balance per account in the entity's currency; the column sums to 0",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        file_format = (
            ExportFormat.ENTITY_TRIAL_BALANCE
            if options["in_entity_currency"]
            else ExportFormat.TRIAL_BALANCE
        )
        with tenant_scope(tenant.pk):
            try:
                entity = exports.get_entity(options["entity"])
                made = exports.render(entity=entity, file_format=file_format)
            except DomainError as error:
                raise CommandError(error.message) from None
        self.stdout.write(made.content.decode(), ending="")
