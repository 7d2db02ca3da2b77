"""Make the private key by which push services know this installation."""

from typing import Any

from psa.core.command import UncheckedCommand
from psa.core.notifications import push_messages


class Command(UncheckedCommand):
    help = "Prints a new PSA_PUSH_KEY. With another key, all devices must be allowed anew."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(push_messages.new_key())
