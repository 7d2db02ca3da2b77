"""Say what the application is made of."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from psa.core.command import UncheckedCommand
from psa.edges.operations import bill_of_materials


class Command(UncheckedCommand):
    help = "Print the libraries of production: CycloneDX 1.6 JSON, or their licences, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("cyclonedx", "licences"), default="cyclonedx")

    def handle(self, *args: Any, **options: Any) -> None:
        found = bill_of_materials.components(settings.BASE_DIR)
        if options["format"] == "licences":
            for one in found:
                self.stdout.write(f"{one.name} {one.version}\t{one.licence}")
            return
        made = bill_of_materials.cyclonedx(found, version=settings.VERSION)
        self.stdout.write(json.dumps(made, indent=1))
