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
    # Loaded after the settings.
    from psa.core.tenancy.models import TenantRemoval

    # Who removed the demo firm is not given another one; seed_demo makes it again.
    if not TenantRemoval.objects.filter(slug="demo").exists():
        call_command("seed_demo", queue=True)


if __name__ == "__main__":
    main()
