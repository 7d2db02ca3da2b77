"""What the sign-in library may do here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up: administrators create people, the library signs them in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
