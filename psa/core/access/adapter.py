"""What the sign-in library may do here."""

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from psa.core.web.middleware import read_by_user

from . import account_mails, seals
from .models import User

PRODUCT = "Professional services"
FACTORS = "factors"


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up: administrators invite people, the library signs them in."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": gettext_lazy(
            "Too many failed attempts. Wait five minutes, then try again, or reset your password."
        )
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue it, in the person's language.

        No mail server fails or slows a page, or tells by it whether there was a mail.
        """
        request = allauth_context.request
        given = {"request": request, "email": email, "current_site": get_current_site(request)}
        person = context.get("user") or User.objects.filter(email__iexact=email).first()
        with read_by_user(person.pk if person else None):
            message = self.render_mail(template_prefix, email, given | context)
        account_mails.queue(message, kind=template_prefix, at=datetime.now(tz=UTC))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        given = {"user": user} | (context or {})
        super().send_notification_mail(template_prefix, user, given, email or user.email)


class SealedFactorsAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie sealed in the database."""

    def encrypt(self, text: str) -> str:
        return seals.seal(text, purpose=FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        return seals.unseal(encrypted_text, purpose=FACTORS)

    def _get_site_name(self) -> str:
        return PRODUCT

    def generate_authenticator_name(self, user: User, type: str) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"
