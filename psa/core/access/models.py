"""Who may come in: users (global), their memberships of tenants, and roles as data."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from psa.core.tenancy.constraints import TenantRLS
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
