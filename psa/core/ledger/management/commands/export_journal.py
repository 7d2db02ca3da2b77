"""Write the books of one legal entity to standard output: nothing but the file."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from psa.core import command
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.ledger.services import exports
from psa.core.ledger.services.exports import ExportFormat
from psa.core.org.models import LegalEntity
from psa.core.tenancy.scope import tenant_scope

FORMATS = [f.value for f in ExportFormat if f not in (ExportFormat.XLSX, ExportFormat.PACKAGE)]


class Command(UncheckedCommand):
    help = "Write all journal entries of a legal entity as beancount, hledger or CSV text."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--entity", help="code of the legal entity")
        parser.add_argument("--format", choices=FORMATS, default=ExportFormat.BEANCOUNT.value)
        parser.add_argument(
            "--mapping",
            help="the file of an accounting package, by the entity's mapping of this name",
        )
        parser.add_argument("--from", dest="from_on", type=_day, help="first day, with --mapping")
        parser.add_argument("--until", dest="until_on", type=_day, help="last day, with --mapping")
        parser.add_argument(
            "--list-entities", action="store_true", help="print their codes, one a line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        with tenant_scope(tenant.pk):
            if options["list_entities"]:
                for code in LegalEntity.objects.order_by("code").values_list("code", flat=True):
                    self.stdout.write(code)
                return
            if not options["entity"]:
                raise CommandError("Name the legal entity: --entity CODE, or --list-entities.")
            try:
                entity = exports.get_entity(options["entity"])
                made = self._made(entity, options)
            except DomainError as error:
                raise CommandError(error.message) from None
        if options["mapping"]:
            # The bytes as they are: a package may want another encoding than the terminal's.
            sys.stdout.buffer.write(made.content)
            sys.stdout.flush()
        else:
            self.stdout.write(made.content.decode(), ending="")

    def _made(self, entity: LegalEntity, options: dict[str, Any]) -> exports.ExportFile:
        if not options["mapping"]:
            if options["from_on"] or options["until_on"]:
                raise CommandError("--from and --until are for the file of a --mapping.")
            return exports.render(entity=entity, file_format=ExportFormat(options["format"]))
        mapping = exports.find_mapping(entity=entity, name=options["mapping"])
        days = exports.package_range(
            mapping=mapping, from_on=options["from_on"], until_on=options["until_on"]
        )
        return exports.render(entity=entity, file_format=ExportFormat.PACKAGE, days=days)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a date such as 2026-12-31.") from None
