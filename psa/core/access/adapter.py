"""What the sign-in library may do here."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse

from . import seals
from .models import User

logger = logging.getLogger("psa.access")
PRODUCT = "Professional services"
_FACTORS = "factors"


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up: administrators invite people, the library signs them in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, but never fail the page: its answer must not tell whether there was a message."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.error("mail %s was not sent: %s", template_prefix, type(error).__name__)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        super().send_notification_mail(template_prefix, user, context, email or user.email)


class SealedFactorsAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie sealed in the database."""

    def encrypt(self, text: str) -> str:
        return seals.seal(text, purpose=_FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        return seals.unseal(encrypted_text, purpose=_FACTORS)

    def _get_site_name(self) -> str:
        return PRODUCT

    def generate_authenticator_name(self, user: User, type: str) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"
