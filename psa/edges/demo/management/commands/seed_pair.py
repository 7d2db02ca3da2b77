"""Make two small firms, one with a marker in all its words."""

from argparse import ArgumentParser
from typing import Any

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.edges.demo.pair import PASSWORD, seed_pair


class Command(UncheckedCommand):
    help = (
        "Make two small tenants, plain-N and marked-N, with a login for each role; every word of "
        "the second carries a marker that must never be seen in the first. Deterministic from N."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, metavar="N")
        parser.add_argument("--format", choices=("table", "tsv"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        pair = seed_pair(seed=abs(options["seed"]), at=clock.now())
        for login in pair.logins:
            row = (login.slug, login.email, PASSWORD, login.role)
            if options["format"] == "tsv":
                self.stdout.write("\t".join(row))
            else:
                self.stdout.write("{:<12} {:<44} {:<24} {}".format(*row))
        marked = pair.logins[-1].slug
        if options["format"] == "tsv":
            self.stdout.write(f"marker\t{marked}\t{pair.marker}")
        else:
            self.stdout.write(f"Every word of {marked} carries {pair.marker}.")
