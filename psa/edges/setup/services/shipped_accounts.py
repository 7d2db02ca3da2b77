"""Accounts of slots that firms set up earlier have none for."""

from datetime import datetime
from typing import Final

from psa.core.actor import Actor
from psa.core.ledger.models import LedgerAccount, PostingProfile
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.ledger.services import chart, profiles
from psa.core.ledger.services.chart import AccountFacts
from psa.edges.setup import default_chart

# The version of the shipped defaults that brought a slot.
ADDED_SLOTS: Final = ((4, Slot.RECHARGE_INCOME), (4, Slot.RECHARGE_EXPENSE))


def add_accounts(*, since: int, actor: Actor, at: datetime) -> int:
    """Give each slot that came after version `since` its shipped account and profile; how many.

    A slot that the firm maps already stays as it is. Where the number is another account's, nothing
    is guessed: the set-up checklist names the slot until somebody chooses its account.
    """
    mapped = set(PostingProfile.objects.filter(event="").values_list("slot", flat=True))
    taken = set(LedgerAccount.objects.values_list("code", flat=True))
    shipped = {account.code: account for account in default_chart.ACCOUNTS}
    added = 0
    for version, slot in ADDED_SLOTS:
        given = shipped[default_chart.PROFILES[slot]]
        if version <= since or slot.value in mapped or given.code in taken:
            continue
        facts = AccountFacts(given.code, given.name, given.kind, given.is_monetary)
        account = chart.add_account(facts=facts, actor=actor, at=at)
        profiles.save_profile(
            profile_id=None, slot=slot.value, account_id=account.pk, actor=actor, at=at
        )
        added += 1
    return added
