"""Write the books of one legal entity to standard output: nothing but the file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from psa.core.errors import DomainError
from psa.core.ledger.services import exports
from psa.core.ledger.services.exports import ExportFormat
from psa.core.org.models import LegalEntity
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

FORMATS = [f.value for f in ExportFormat if f is not ExportFormat.XLSX]


class Command(BaseCommand):
    help = "Write all journal entries of a legal entity as beancount, hledger or CSV text."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--entity", help="code of the legal entity")
        parser.add_argument("--format", choices=FORMATS, default=ExportFormat.BEANCOUNT.value)
        parser.add_argument(
            "--list-entities", action="store_true", help="print their codes, one a line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant “{options['tenant']}”.")
        with tenant_scope(tenant.pk):
            if options["list_entities"]:
                for code in LegalEntity.objects.order_by("code").values_list("code", flat=True):
                    self.stdout.write(code)
                return
            if not options["entity"]:
                raise CommandError("Name the legal entity: --entity CODE, or --list-entities.")
            try:
                entity = exports.get_entity(options["entity"])
                made = exports.render(entity=entity, file_format=ExportFormat(options["format"]))
            except DomainError as error:
                raise CommandError(error.message) from None
        self.stdout.write(made.content.decode(), ending="")
