"""A rate card through the wizard: one draft list, by pricing's own import."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.pricing.models import PriceList
from psa.edges.integrations.imports import selectors
from psa.edges.integrations.imports.models import ImportRun
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import Firm

CARD = "Role,Price,Unit\nPM,$180.50,hour\nConsultant,$90,hour\nWizard,$1,hour\n"
LIST = {"name": "Card", "context": "sales", "currency": "USD", "valid_from": "2026-01-01"}


def test_makes_a_draft_of_the_rows_that_can_be_read(
    firm: Firm, carry: Carry, operator: Actor
) -> None:
    run = carry("price_lists", CARD, skips_bad_rows=True, **LIST)
    assert states(run) == ["imported", "imported", "bad"]
    assert "There is no role “Wizard”" in sentences(run)[2]
    made = PriceList.objects.get(name="Card")
    assert (made.status, made.lines.count()) == ("draft", 2)
    page = selectors.run_page(actor=operator, run_id=run.pk)
    assert [(line.measure, line.unit, line.before, line.after) for line in page.totals] == [
        ("Lines", "", 3, 2),
        ("Sum of prices", "USD", Decimal("271.5"), Decimal("270.5")),
    ]


def test_makes_the_same_draft_once(firm: Firm, carry: Carry, check: Carry) -> None:
    carry("price_lists", CARD, skips_bad_rows=True, **LIST)
    with pytest.raises(DomainError, match="There is a list “Card”"):
        check("price_lists", CARD, **LIST)


def test_discards_the_draft_at_undo_but_not_an_active_list(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry("price_lists", CARD, create_roles=True, **LIST)
    assert states(undo(run)) == ["undone"] * 3
    assert not PriceList.objects.filter(name="Card").exists()
    run = carry("price_lists", CARD.replace("180", "181"), create_roles=True, **LIST)
    PriceList.objects.filter(name="Card").update(status="active")
    assert states(undo(run)) == ["kept"] * 3
