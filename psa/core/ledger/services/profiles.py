"""Posting profiles: which account takes which line of which event."""

from datetime import datetime

from django.db import IntegrityError, transaction

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.models import LedgerAccount, PostingProfile
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot

RECORD = "ledger.PostingProfile"


@transaction.atomic
def save_profile(
    *,
    profile_id: int | None,
    slot: str,
    account_id: int,
    event: str = "",
    category_id: int | None = None,
    org_unit_id: int | None = None,
    legal_entity_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> PostingProfile:
    """Make a profile (`profile_id` None) or change one; journals already posted stay.

    What is left empty stands for any; the most specific profile wins. Raises  PermissionDenied,
    NotFound; Conflict if there is one for the same; DomainError for an unknown slot, event or
    account.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if slot not in set(Slot):
        raise DomainError("Choose which line of a journal this is for.", "slot")
    if event and event not in set(JournalEvent):
        raise DomainError("There is no such event.", "event")
    account = LedgerAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise DomainError("This account does not exist.", "account")
    row = PostingProfile(tenant_id=actor.tenant_id)
    if profile_id is not None:
        found = PostingProfile.objects.select_for_update().filter(pk=profile_id).first()
        if found is None:
            raise NotFound("There is no such posting profile.")
        row = found
    values = {
        "slot": slot,
        "event": event,
        "account_id": account_id,
        "category_id": category_id,
        "org_unit_id": org_unit_id,
        "legal_entity_id": legal_entity_id,
    }
    changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
    for field, value in values.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "posting_profile_once" not in str(error):
            raise
        raise Conflict(
            "There is a profile for the same already. Change that one.", "slot"
        ) from None
    words = slot.replace("_", " ")
    audit.record(
        actor=actor, at=at, event="ledger.profile_saved", record_type=RECORD, record_id=row.pk,
        sentence=f"Lines of {words} go to account {account.code}.",
        changes=changes if profile_id else {},
    )  # fmt: skip
    return row


@transaction.atomic
def remove_profile(*, profile_id: int, actor: Actor, at: datetime) -> None:
    """Take a specific profile away, so that the general one counts again.

    Raises  PermissionDenied, NotFound; DomainError for the general one: every slot needs it.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = PostingProfile.objects.select_for_update().filter(pk=profile_id).first()
    if row is None:
        raise NotFound("There is no such posting profile.")
    if not (row.event or row.category_id or row.org_unit_id or row.legal_entity_id):
        raise DomainError(
            "This profile is the one for everything else. Change its account instead."
        )
    words = row.slot.replace("_", " ")
    PostingProfile.objects.filter(pk=row.pk).delete()
    audit.record(
        actor=actor, at=at, event="ledger.profile_removed", record_type=RECORD,
        record_id=profile_id, sentence=f"Removed a posting profile of {words}.",
    )  # fmt: skip
