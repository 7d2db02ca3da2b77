"""Import a history of exchange rates for one tenant."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.money import services
from psa.core.tenancy.scope import tenant_scope


class Command(UncheckedCommand):
    help = (
        "Load daily exchange rates from a CSV file: a column date, then one column per currency, "
        "as units per 1 of the base currency. Importing a file twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--file", required=True, type=Path)
        parser.add_argument("--base", default="EUR", help="the currency that rates are per 1 of")
        parser.add_argument(
            "--type",
            default="spot",
            help="rate type: spot, average, month_end, budget, or one of the firm's own",
        )
        parser.add_argument(
            "--carry-to",
            metavar="DATE",
            help="carry the last rates on to this day (such as 2026-12-31), flagged as carried",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        try:
            content = options["file"].read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        if options["carry_to"] and options["type"] != "spot":
            raise CommandError("Only spot rates are carried on; leave --carry-to out.")
        with tenant_scope(tenant.pk):
            actor = actors.for_operator(tenant.pk)
            try:
                done = services.import_rates(
                    content=content,
                    base=options["base"].upper(),
                    source=options["file"].name,
                    rate_type=options["type"],
                    actor=actor,
                    at=clock.now(),
                )
                carried = 0
                if options["carry_to"]:
                    carried = services.carry_rates_to(_day(options["carry_to"]), actor=actor)
            except DomainError as error:
                raise CommandError(error.message) from None
        for bad in done.bad_rows:
            self.stderr.write(f"Row {bad.row}: {bad.reason}")
        self.stdout.write(
            f"{done.added} rates added, {done.changed} changed, {done.unchanged} unchanged, "
            f"{len(done.bad_rows)} not usable, {carried} carried on."
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date such as 2026-12-31.") from None
