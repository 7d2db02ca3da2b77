"""Channels of a chat that a firm's notifications go to, and what went there."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Channel(TenantModel):
    """An incoming webhook of Slack or Teams. Whoever has its address may post: it lies sealed."""

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=5, choices=Kind)
    sealed_url = models.TextField()
    # Of the address, what may be shown.
    host = models.CharField(max_length=120)
    language = models.CharField(max_length=5, default="en")
    events = ArrayField(models.CharField(max_length=80), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="channel_name_once")]


class Post(TenantModel):
    """One notification for one channel; tried until it is taken, then kept as the log."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    channel = TenantForeignKey(Channel, models.CASCADE, related_name="posts")
    event = models.CharField(max_length=80)
    # In English, without those parts that name an amount.
    title = models.CharField(max_length=160)
    body = models.CharField(max_length=600, blank=True)
    path = models.CharField(max_length=300, blank=True)
    # Of what many are told at once, the channel is told once.
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    answered_status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "channel", "fingerprint"], name="channel_told_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="channel_post_due",
            ),
            models.Index(fields=["tenant", "channel", "-id"], name="channel_post_latest"),
        ]
