"""What has to be true before the application serves: the schema is current, the demo firm begun.

One process for both (``python -m psa.preparation``): loading the application is most of what a
start costs when there is nothing left to do. As the owner role, with the servers running.
"""

import os

import django
from django.core.management import call_command


def main() -> None:
    # The application's own role makes no tables.
    os.environ["PSA_DB_ROLE"] = "owner"
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("seed_demo", queue=True)


if __name__ == "__main__":
    main()
