"""The file on a domain's own web server that shows whose it is.

A file and not a DNS record: the standard library can't ask for one, and a resolver library only to
ask for it once a year is more to keep safe than the client that webhooks use already.
"""

from typing import Final

from psa.core.errors import DomainError
from psa.core.web import outgoing

PATH: Final = "/.well-known/psa-domain.txt"


def fetched(domain: str) -> bytes:
    """What the domain's web server answers; never from a private address, no redirect followed.

    Raises  DomainError on "domain", saying what is missing.
    """
    url = f"https://{domain.strip().rstrip('.').lower()}{PATH}"
    try:
        answer = outgoing.get(url)
    except outgoing.RefusedTarget as refusal:
        raise DomainError(refusal.message, "domain") from None
    except outgoing.SendingFailed:
        raise DomainError(f"{url} could not be read. Is the server reachable?", "domain") from None
    if not answer.is_accepted:
        raise DomainError(
            f"{url} was answered with {answer.status}. Put the file there, without a redirect.",
            "domain",
        )
    return answer.body
