"""Tokens, what was asked for once, and how often a token asks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class ApiToken(TenantModel):
    """A key to the API; what it may do is its member's permissions within its scopes.

    Only its hash is kept. A service token belongs to a member without a user, who has roles of
    its own.
    """

    class Kind(models.TextChoices):
        PERSONAL = "personal", "Personal"
        SERVICE = "service", "Service"

    membership = TenantForeignKey("access.Membership", related_name="api_tokens")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    # The last four characters, by which people tell their tokens apart.
    ending = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="api_token_once")]
        indexes = [models.Index(fields=["tenant", "membership"], name="api_token_by_member")]


class IdempotencyKey(TenantModel):
    """A write that was asked for under a key, and its answer; written with the write itself."""

    token = TenantForeignKey(ApiToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=80, blank=True)
    etag = models.CharField(max_length=80, blank=True)
    body = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "token", "key"], name="idempotency_key_once")
        ]
        indexes = [models.Index(fields=["tenant", "created_at"], name="idempotency_key_by_age")]


class RequestCount(TenantModel):
    """Requests of the current minute: of one token, or of the whole tenant (no token)."""

    token = TenantForeignKey(ApiToken, models.CASCADE, null=True, related_name="+")
    minute = models.BigIntegerField()
    requests = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "token"], name="request_count_once", nulls_distinct=False
            )
        ]
