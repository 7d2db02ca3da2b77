"""Give firms that exist what newer versions ship."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.tenancy.models import Tenant
from psa.edges.setup.services import upgrades


class Command(UncheckedCommand):
    help = (
        "Bring every tenant, or one, up to the shipped defaults: new permissions of the default "
        "roles, templates, rules and accounts. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="short name (slug) of the tenant; all without it")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.order_by("pk")
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants.exists():
                raise CommandError(f"There is no tenant “{options['tenant']}”.")
        for tenant_id in tenants.values_list("pk", flat=True):
            done = upgrades.bring_up_to_date(tenant_id=tenant_id, at=clock.now())
            self.stdout.write(f"{done.slug}: {done.words}")
