"""Give a person a copy of what a firm keeps about them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import people


class Command(UncheckedCommand):
    help = "Print all that a tenant keeps about a person, as JSON. Rates are left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = people.copy_of_person(slug=options["tenant"], email=options["email"])
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps(found, indent=1, ensure_ascii=False))
