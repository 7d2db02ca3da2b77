"""Who may come in: users (global), their memberships of tenants, and roles as data."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from psa.core.tenancy.constraints import ReadableBy, TenantRLS
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser):
    """A person who signs in. Global; tenants know them only through memberships."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_is_lower",
            )
        ]

    def __str__(self) -> str:
        return self.email


class Membership(TenantModel):
    """A person's place in a tenant; what records name instead of the global user."""

    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    name = models.CharField(max_length=120)
    email = models.EmailField()
    is_active = models.BooleanField(default=True)
    locale = models.CharField(max_length=12, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    hours_as_decimal = models.BooleanField(default=False)
    # Sign-ins before this instant no longer open this tenant; other tenants are untouched.
    sign_in_again_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            TenantRLS(name="access_membership_tenant_rls", or_user="user"),
            models.UniqueConstraint(
                fields=["tenant", "user"],
                condition=models.Q(user__isnull=False),
                name="one_membership_per_user",
            ),
            models.UniqueConstraint(fields=["tenant", "email"], name="one_membership_per_email"),
        ]
        indexes = [models.Index(fields=["user"], name="membership_by_user")]

    def __str__(self) -> str:
        return self.name


class Role(TenantModel):
    """A named set of permissions; seeded from default_roles, then the tenant's own."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    permissions = ArrayField(models.CharField(max_length=80), default=list)
    lock_version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="role_code")]

    def __str__(self) -> str:
        return self.name


class MembershipRole(TenantModel):
    """Which roles a member has; permissions are their union."""

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="role_links")
    role = TenantForeignKey(Role, models.PROTECT, related_name="member_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "membership", "role"], name="role_once_per_member"
            )
        ]


class Invitation(TenantModel):
    """An offer of membership, sent by e-mail. Its link is signed, works once, and expires."""

    email = models.EmailField()
    name = models.CharField(max_length=120)
    role_codes = ArrayField(models.CharField(max_length=40))
    # Part of the link; sending anew changes it, so that the former link is dead.
    nonce = models.CharField(max_length=32)
    invited_by = TenantForeignKey(Membership, null=True, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = TenantForeignKey(Membership, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_per_email",
            )
        ]

    def __str__(self) -> str:
        return self.email


class IdentityProvider(TenantModel):
    """A tenant's own OpenID Connect provider. It speaks for that tenant's verified domains alone."""

    name = models.CharField(max_length=60)
    issuer = models.URLField(max_length=200)
    client_id = models.CharField(max_length=200)
    sealed_secret = models.TextField()
    is_enabled = models.BooleanField(default=True)
    # Whether the provider itself asks for a second factor, so that a sign-in by it has met one.
    has_second_factor = models.BooleanField(default=False)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "issuer", "client_id"], name="one_provider_per_client"
            )
        ]

    def __str__(self) -> str:
        return self.name


class VerifiedDomain(TenantModel):
    """A domain of e-mail addresses that the operator has found to be the tenant's own."""

    domain = models.CharField(max_length=253)
    verified_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "domain"], name="one_domain_per_tenant"),
            ReadableBy(
                name="access_verifieddomain_by_name",
                field="domain",
                parameter="psa.sign_in_domain",
            ),
        ]
        indexes = [models.Index(fields=["domain"], name="verified_domain_by_name")]

    def __str__(self) -> str:
        return self.domain


class AccountMail(models.Model):
    """A mail to a person about their account that the mail server has not taken yet.

    Global: it is the person's, whatever their firms. Sealed, as a reset mail holds a key.
    """

    kind = models.CharField(max_length=80)
    sealed = models.TextField()
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.kind
