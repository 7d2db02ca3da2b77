"""Print the demo logins, one per persona."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core.command import UncheckedCommand
from psa.core.tenancy.models import Tenant
from psa.edges.demo.services import demo_logins


class Command(UncheckedCommand):
    help = "Print e-mail, password and persona of the demo tenant's logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="demo")
        parser.add_argument("--format", choices=("table", "tsv"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Tenant.objects.filter(slug=options["tenant"], is_demo=True).exists():
            raise CommandError(f"There is no demo tenant “{options['tenant']}” yet.")
        for email, password, persona in demo_logins():
            if options["format"] == "tsv":
                self.stdout.write(f"{email}\t{password}\t{persona}")
            else:
                self.stdout.write(f"{persona:<18} {email:<34} {password}")
