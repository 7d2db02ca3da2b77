"""What needs a person, in the application and by e-mail."""

from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Rhythm(models.TextChoices):
    """How often what is not mailed at once is gathered into one mail."""

    NONE = "", "Not in a digest"
    DAILY = "daily", "Each morning"
    WEEKLY = "weekly", "On Mondays"


class Notification(TenantModel):
    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="notifications")
    event = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    body = models.CharField(max_length=600, blank=True)
    path = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)
    email_wanted = models.BooleanField(default=False)
    # Not mailed before: the end of its reader's quiet hours.
    email_after = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(
        max_length=6, choices=Rhythm, blank=True, default=Rhythm.NONE, db_default=""
    )

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "membership", "-id"], name="notification_latest"),
            models.Index(
                fields=["tenant", "membership"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread",
            ),
            models.Index(
                fields=["tenant", "membership"],
                condition=models.Q(emailed_at__isnull=True) & ~models.Q(digest=""),
                name="notification_for_digest",
            ),
        ]


class NotificationPreference(TenantModel):
    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    event = models.CharField(max_length=80)
    in_app = models.BooleanField(default=True)
    email = models.BooleanField(default=False)
    digest = models.CharField(
        max_length=6, choices=Rhythm, blank=True, default=Rhythm.NONE, db_default=""
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "membership", "event"], name="notification_preference_once"
            )
        ]


class QuietHours(TenantModel):
    """When a member is not to be mailed at once, in minutes after midnight where they are."""

    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    from_minute = models.PositiveSmallIntegerField()
    until_minute = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "membership"], name="quiet_hours_once")
        ]


class MutedRecord(TenantModel):
    """A record of which a member wants to hear nothing more, by the page it is on."""

    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    path = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "path", "membership"], name="muted_record_once"
            )
        ]
