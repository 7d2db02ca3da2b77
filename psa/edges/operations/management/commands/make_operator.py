"""Let a person see the operator's page, or no longer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import operators


class Command(UncheckedCommand):
    help = "Let a person who has an account see the installation's page /operator/ (counts only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--end", action="store_true", help="take it back")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        try:
            if options["end"]:
                ended = operators.end_operator(email=email)
                words = "is an operator no longer" if ended else "was no operator"
            else:
                made = operators.make_operator(email=email, at=clock.now())
                words = "is an operator now" if made else "was an operator already"
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{email} {words}.")
