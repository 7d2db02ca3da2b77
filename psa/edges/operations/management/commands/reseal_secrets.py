"""Seal all secrets under the present key."""

from typing import Any

from django.core.management.base import CommandError

from psa.core.command import UncheckedCommand
from psa.edges.operations.services import sealing


class Command(UncheckedCommand):
    help = (
        "After a change of PSA_SECRET_KEY: seal second factors, secrets of providers, webhooks and "
        "devices, addresses of channels, bank accounts and waiting account mails under the new "
        "key, so that the former one can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for kind, count in sealing.reseal_secrets().items():
            unreadable += count.unreadable
            self.stdout.write(
                f"{kind}: {count.changed} sealed anew, {count.kept} were, "
                f"{count.unreadable} can not be read"
            )
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets can be read by no key given. Put the key that sealed them "
                "into PSA_SECRET_KEY_FALLBACKS and run this again."
            )
        self.stdout.write("Nothing needs a former key any more.")
