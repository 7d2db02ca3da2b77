"""Who operates the installation; run as the tables' owner, the application may only read it."""

from datetime import datetime

from psa.core.access.models import User
from psa.core.errors import NotFound
from psa.edges.operations.models import Operator


def make_operator(*, email: str, at: datetime) -> bool:
    """Let a person who has an account see the operator's page; False if they could already.

    Raises  NotFound: an account made later by somebody else must not turn out to be an operator's.
    """
    _, is_new = Operator.objects.get_or_create(user=_user(email), defaults={"since": at})
    return is_new


def end_operator(*, email: str) -> bool:
    """Take that back; False if the person was none. Raises  NotFound."""
    removed, _ = Operator.objects.filter(user=_user(email)).delete()
    return bool(removed)


def _user(email: str) -> User:
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise NotFound(f"Nobody has an account under {email}. Make it first: create_user.")
    return user
