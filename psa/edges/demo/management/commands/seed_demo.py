"""Make the demo tenant: its people at once, its history as a job (or here, without --queue)."""

import os
from argparse import ArgumentParser
from typing import Any

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.jobs import services as jobs
from psa.edges.demo.services import start_demo


class Command(UncheckedCommand):
    help = "Make the demo firm, deterministic from its seed and the business date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="demo")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--size", choices=("full", "small"), default=os.environ.get("PSA_DEMO") or "full"
        )
        parser.add_argument("--queue", action="store_true", help="leave the history to the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        run = start_demo(
            slug=options["tenant"], seed=options["seed"], size=options["size"], at=clock.now()
        )
        if run is None:
            self.stdout.write(f"The tenant “{options['tenant']}” exists already; nothing was done.")
            return
        if options["queue"]:
            self.stdout.write("The demo firm can be signed in to; its history is being made.")
            return
        done = jobs.run_to_end(tenant_id=run.tenant_id, run_id=run.pk, at=clock.now())
        self.stdout.write(f"{done.get_state_display()}: {done.result}")
