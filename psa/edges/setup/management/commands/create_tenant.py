"""Create a tenant with one legal entity, ready to work."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.org.rules.deployment import DeploymentModel
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
        parser.add_argument("--time-zone", default="UTC")
        parser.add_argument("--locale", default="en-gb")
        parser.add_argument(
            "--model", choices=("lite", "non_stocked"), default="non_stocked",
            help="lite: costs, invoices by hand, no books; it moves up any day",
        )  # fmt: skip
        parser.add_argument("--years", type=int, default=2, help="periods and holidays: how many")

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        country = options["country"].upper()
        entity = NewEntity(
            code=(options["entity"] or country).upper(),
            name=options["entity_name"] or options["name"],
            currency=(options["entity_currency"] or options["currency"]).upper(),
            country=country,
            subdivision=options["subdivision"].upper(),
            time_zone=options["time_zone"],
        )
        try:
            with transaction.atomic():
                tenant = create_tenant(
                    slug=options["slug"],
                    name=options["name"],
                    currency=options["currency"].upper(),
                    entities=[entity],
                    years=range(at.year, at.year + options["years"]),
                    locale=options["locale"],
                    model=DeploymentModel(options["model"]),
                    at=at,
                )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"Created {tenant.name} at /{tenant.slug}/. Add its first administrator: "
            f"create_user --tenant {tenant.slug} --email … --name … --role administrator"
        )
