"""Create a tenant with one legal entity, ready to work."""

from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.documents.language import language_of
from psa.core.errors import DomainError
from psa.core.org.rules.deployment import DeploymentModel
from psa.core.org.time_zones import time_zone_of
from psa.core.web import personal
from psa.edges.setup.services import NewEntity, create_tenant


class Command(UncheckedCommand):
    help = (
        "Create a tenant: parameters, security roles, chart of accounts, posting profiles, stages, "
        "and one legal entity with its unit, calendar, periods and tax codes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True, help="short name in the address, such as acme")
        parser.add_argument("--name", required=True)
        parser.add_argument("--currency", required=True, help="the tenant's currency, such as GBP")
        parser.add_argument("--country", required=True, help="of the first entity, such as GB")
        parser.add_argument("--subdivision", default="", help="region for public holidays")
        parser.add_argument("--entity", default="", help="code of the first entity; the country")
        parser.add_argument("--entity-name", default="", help="its name; the tenant's")
        parser.add_argument("--entity-currency", default="", help="its currency; the tenant's")
        parser.add_argument(
            "--time-zone", default="",
            help="such as Europe/Berlin; the country's, of several the one most people live in",
        )  # fmt: skip
        parser.add_argument(
            "--locale", default="", type=str.lower, choices=personal.REGIONS,
            help="the language and how numbers are written, such as de-at; the country's",
        )  # fmt: skip
        parser.add_argument(
            "--model", choices=("lite", "non_stocked"), default="non_stocked",
            help="lite: costs, invoices by hand, no books; it moves up any day",
        )  # fmt: skip
        parser.add_argument("--years", type=int, default=2, help="periods and holidays: how many")

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        country = options["country"].upper()
        zone = options["time_zone"] or time_zone_of(country)
        if zone not in available_timezones():
            raise CommandError(f"“{zone}” is no time zone. Write it as in Europe/Berlin.")
        locale = options["locale"] or personal.region_of(country)
        entity = NewEntity(
            code=(options["entity"] or country).upper(),
            name=options["entity_name"] or options["name"],
            currency=(options["entity_currency"] or options["currency"]).upper(),
            country=country,
            subdivision=options["subdivision"].upper(),
            time_zone=zone,
            language=language_of(locale.partition("-")[0]),
        )
        try:
            with transaction.atomic():
                tenant = create_tenant(
                    slug=options["slug"],
                    name=options["name"],
                    currency=options["currency"].upper(),
                    entities=[entity],
                    years=range(at.year, at.year + options["years"]),
                    locale=locale,
                    model=DeploymentModel(options["model"]),
                    at=at,
                )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"Created {tenant.name} at /{tenant.slug}/: time zone {zone}, "
            f"language and numbers {locale}. Add its first administrator: "
            f"create_user --tenant {tenant.slug} --email … --name … --role administrator"
        )
