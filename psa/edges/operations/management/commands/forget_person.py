"""Put a number in place of a person who has left."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import people


class Command(UncheckedCommand):
    help = (
        "Replace name and address of a person who has left by a number; the ledger and the trail "
        "stay. This can not be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        try:
            counts = people.forget_person(
                slug=options["tenant"], email=options["email"], today_on=at.date(), at=at
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        told = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
        self.stdout.write(f"Done: {told}.")
