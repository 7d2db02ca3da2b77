import pytest

from psa.core.errors import DomainError
from psa.core.ledger.rules.posting_profiles import (
    JournalEvent,
    PostingProfile,
    PostingProfileMissing,
    ProfileBook,
    Slot,
)

BOOK = ProfileBook(
    [
        PostingProfile(Slot.REVENUE, 1),
        PostingProfile(Slot.REVENUE, 2, unit_id=7, legal_entity_id=1),
        PostingProfile(Slot.REVENUE, 3, category=20),
        PostingProfile(Slot.REVENUE, 4, event=JournalEvent.INVOICE),
        PostingProfile(Slot.REVENUE, 5, unit_id=7),
    ]
)


@pytest.mark.parametrize(
    ("event", "category", "unit_id", "entity_id", "account_id"),
    [
        (JournalEvent.REVENUE_ESTIMATE, None, None, 1, 1),
        (JournalEvent.REVENUE_ESTIMATE, None, 7, 1, 2),
        (JournalEvent.REVENUE_ESTIMATE, None, 7, 2, 5),
        (JournalEvent.REVENUE_ESTIMATE, 20, 7, 1, 3),
        (JournalEvent.INVOICE, 20, 7, 1, 4),
    ],
)
def test_the_most_specific_profile_wins(event, category, unit_id, entity_id, account_id):
    for _again in range(2):
        assert account_id == BOOK.account_for(
            Slot.REVENUE,
            event=event,
            category=category,
            unit_id=unit_id,
            legal_entity_id=entity_id,
        )


def test_a_missing_profile_names_the_event_and_what_to_add():
    with pytest.raises(PostingProfileMissing) as refusal:
        BOOK.account_for(Slot.BANK, event=JournalEvent.PAYMENT_RECEIVED, legal_entity_id=3)
    assert "payment received" in str(refusal.value)
    assert "Add a posting profile for bank" in str(refusal.value)


def test_two_profiles_for_one_combination_are_refused():
    with pytest.raises(DomainError, match="Two posting profiles"):
        ProfileBook([PostingProfile(Slot.BANK, 1), PostingProfile(Slot.BANK, 2)])
