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
    # Which records its reader may decide on from a device, as the event's room names them.
    decides_on = models.JSONField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

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
    # On the member's devices; null leaves it to the event.
    push = models.BooleanField(null=True)

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


class PushDevice(TenantModel):
    """A browser that a member lets this firm write to: its push service, and the keys for it."""

    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=1000)
    public_key = models.CharField(max_length=100)
    sealed_auth_secret = models.TextField(blank=True, db_default="")
    # As it was kept before it was sealed; empty since.
    auth_secret = models.CharField(max_length=40, blank=True, default="", db_default="")
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "endpoint"], name="push_device_once")
        ]


class PushDelivery(TenantModel):
    """One notification on its way to one device; without `due_at` nothing more is tried."""

    notification = TenantForeignKey(Notification, models.CASCADE, related_name="+")
    device = TenantForeignKey(PushDevice, models.CASCADE, related_name="+")
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "notification", "device"], name="pushed_once_per_device"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="push_delivery_due",
            )
        ]


class DocumentMail(TenantModel):
    """A kept document of a record on its way to one address, and whether it went out."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    document = TenantForeignKey("documents.Document", related_name="+")
    recipient = models.EmailField()
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=250)
    message = models.TextField()
    request_key = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    document_sha256 = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "record_type", "record_id", "recipient", "request_key"],
                name="document_mail_asked_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "id"], condition=models.Q(state="waiting"),
                name="document_mail_waiting",
            )
        ]  # fmt: skip
