"""Inviting people: sending, sending anew, withdrawing, accepting."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, get_random_string

from psa.core.access import actors, policies
from psa.core.access import services as access
from psa.core.access.models import Invitation, Membership, Role, User
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.org import selectors as org
from psa.core.tenancy.models import Tenant
from psa.edges.identity.links import InvitationKey

VALID_FOR: Final = timedelta(days=7)
MAIL_JOB: Final = "identity.invitation_mail"


class LinkUsedUp(DomainError):
    """The invitation was accepted, withdrawn, sent anew, or is too old."""


def invite(
    *,
    email: str,
    name: str,
    role_codes: Sequence[str],
    actor: Actor,
    at: datetime,
    sent_at: datetime,
) -> Invitation:
    """Offer membership with these roles; a link goes out by e-mail and works for seven days.

    `sent_at` is the real clock's: links are never played another date.
    Raises  PermissionDenied; Conflict for a member or an open invitation; DomainError for an
            unknown role, none, or duties that the firm keeps apart.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    email = email.strip().lower()
    tenant = Tenant.objects.get(pk=actor.tenant_id)
    roles = roles_named(role_codes)
    policies.check_duties(
        (p for role in roles for p in role.permissions), kept_apart=tenant.duties_apart, whom=email
    )
    if Membership.objects.filter(email=email).exists():
        raise Conflict(f"{email} is a member of {tenant.name} already.", "email")
    try:
        with transaction.atomic():
            row: Invitation = Invitation.objects.create(
                tenant=tenant,
                email=email,
                name=name.strip(),
                role_codes=[role.code for role in roles],
                nonce=_new_nonce(),
                invited_by_id=actor.membership_id,
                sent_at=sent_at,
                expires_at=sent_at + VALID_FOR,
            )
    except IntegrityError:
        raise Conflict(
            f"{email} is invited already. Send that invitation again, or withdraw it.", "email"
        ) from None
    _queue_mail(row, actor, at)
    words = ", ".join(role.name for role in roles)
    _record(row, actor, at, "access.invited", f"Invited {row.name} ({email}) as {words}.")
    return row


def resend(*, invitation_id: int, actor: Actor, at: datetime, sent_at: datetime) -> Invitation:
    """Send an open invitation anew, for another seven days; the former link stops working.

    Raises  PermissionDenied, NotFound; Conflict if it was accepted or withdrawn.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    row = _open_row(invitation_id)
    row.nonce, row.sent_at, row.expires_at = _new_nonce(), sent_at, sent_at + VALID_FOR
    row.save(update_fields=["nonce", "sent_at", "expires_at"])
    _queue_mail(row, actor, at)
    _record(row, actor, at, "access.invitation_resent", f"Invited {row.name} again.")
    return row


def withdraw(*, invitation_id: int, actor: Actor, at: datetime) -> Invitation:
    """Take an open invitation back: its link stops working at once.

    Raises  PermissionDenied, NotFound; Conflict if it was accepted or withdrawn.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    row = _open_row(invitation_id)
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    _record(row, actor, at, "access.invitation_withdrawn", f"Withdrew the offer to {row.name}.")
    return row


def usable(*, key: InvitationKey, on: datetime) -> Invitation:
    """The open invitation that a link names; call it inside the link's tenant.

    Raises  LinkUsedUp, alike for every reason.
    """
    row: Invitation | None = (
        Invitation.objects.select_related("tenant")
        .filter(pk=key.invitation_id, accepted_at=None, withdrawn_at=None)
        .first()
    )
    if row is None or on >= row.expires_at or not constant_time_compare(row.nonce, key.nonce):
        raise LinkUsedUp(
            "This invitation has been used or withdrawn, or it is too old. Ask the person who "
            "invited you to send it again."
        )
    return row


def accept_with_password(
    *, key: InvitationKey, password: str, at: datetime, on: datetime
) -> Membership:
    """Make an account for the invited address with this password, and the membership.

    Raises  LinkUsedUp; Conflict if the address has an account: its owner signs in instead;
            DomainError for a weak password.
    """
    row = _taken(key, on)
    if User.objects.filter(email=row.email).exists():
        raise Conflict("This address has an account already. Sign in to accept.")
    try:
        validate_password(password, User(email=row.email))
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), "password") from None
    return _join(row, User.objects.create_user(row.email, password), at)


def accept_signed_in(*, key: InvitationKey, user: User, at: datetime, on: datetime) -> Membership:
    """Make the signed-in person, whose address was invited, a member.

    Raises  LinkUsedUp; DomainError if the account has another address.
    """
    row = _taken(key, on)
    if user.email != row.email:
        raise DomainError(
            f"This invitation is for {row.email}, and you are signed in as {user.email}. Sign out, "
            "then open the link again."
        )
    return _join(row, user, at)


def accept_by_provider(*, email: str, at: datetime, on: datetime) -> Membership | None:
    """Make the person a member whom the tenant's own provider names, if they are invited.

    An account without a password is made for who has none. Call it inside the tenant's scope.
    """
    row: Invitation | None = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("tenant")
        .filter(email=email, accepted_at=None, withdrawn_at=None, expires_at__gt=on)
        .first()
    )
    if row is None:
        return None
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    return _join(row, user, at)


def roles_named(codes: Sequence[str]) -> list[Role]:
    """The tenant's roles of these codes. Raises  DomainError for an unknown one, or none."""
    roles = {role.code: role for role in Role.objects.filter(code__in=codes).order_by("name")}
    unknown = sorted(set(codes) - roles.keys())
    if unknown:
        raise DomainError(f"There is no role “{unknown[0]}”.", "roles")
    if not roles:
        raise DomainError("Choose at least one role.", "roles")
    return list(roles.values())


def _taken(key: InvitationKey, on: datetime) -> Invitation:
    """The usable invitation, locked: of two who open a link at once, one is second."""
    Invitation.objects.select_for_update().filter(pk=key.invitation_id).first()
    return usable(key=key, on=on)


def _join(row: Invitation, user: User, at: datetime) -> Membership:
    if Membership.objects.filter(email=row.email).exists():
        raise Conflict("You are a member already.")
    known = set(Role.objects.filter(code__in=row.role_codes).values_list("code", flat=True))
    member = access.add_member(
        tenant=row.tenant,
        email=row.email,
        name=row.name,
        role_codes=[code for code in row.role_codes if code in known],
        user=user,
        time_zone=org.home_time_zone(),
    )
    row.accepted_at, row.accepted_by = at, member
    row.save(update_fields=["accepted_at", "accepted_by"])
    audit.record(
        actor=actors.for_membership(member),
        at=at,
        event="access.invitation_accepted",
        record_type="access.Membership",
        record_id=member.pk,
        sentence=f"{member.name} accepted the invitation.",
    )
    return member


def _open_row(invitation_id: int) -> Invitation:
    row: Invitation | None = (
        Invitation.objects.select_for_update(of=("self",)).filter(pk=invitation_id).first()
    )
    if row is None:
        raise NotFound("This invitation does not exist.")
    if row.accepted_at or row.withdrawn_at:
        raise Conflict("This invitation has been accepted or withdrawn already.")
    return row


def _queue_mail(row: Invitation, actor: Actor, at: datetime) -> None:
    jobs.start(
        kind=MAIL_JOB,
        key=f"{row.pk} {row.nonce}",
        title=f"Invite {row.email}",
        arguments={"invitation_id": row.pk},
        actor=actor,
        at=at,
    )


def _new_nonce() -> str:
    return get_random_string(32)


def _record(row: Invitation, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="access.Invitation",
        record_id=row.pk,
        sentence=sentence,
        changes={"roles": (None, ", ".join(row.role_codes))},
    )
