"""What belongs to the installation as a whole: who operates it, and the backups that were made."""

from django.conf import settings
from django.db import models


class Operator(models.Model):
    """A person who may see the installation's counts; of firms' content nothing.

    The application can read this table only: `manage.py make_operator` writes it, as the owner. So
    the account of an operator is never deleted along with something else; the database refuses.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="operator"
    )
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"operator {self.user_id}"


class BackupMade(models.Model):
    """That a backup was completed, and how much it held."""

    made_at = models.DateTimeField()
    tables = models.PositiveIntegerField()
    rows = models.PositiveBigIntegerField()
    documents = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"backup of {self.made_at:%Y-%m-%d %H:%M}"
