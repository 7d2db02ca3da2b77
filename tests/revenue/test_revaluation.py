"""Foreign balances at the closing rate, and back on day 1."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.audit.models import AuditEntry
from psa.core.errors import PermissionDenied
from psa.core.ledger.models import JournalEntry, JournalLine
from psa.core.money.models import FxRate
from psa.core.org.models import TenantParameters
from revenue.services.accruals import post_accruals
from revenue.services.proofs import run_proofs
from revenue.services.revaluation import revalue
from tests.billing.scenario import Case, confirm, make_case, post_days, propose
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    """EUR 3,600.00 receivable booked at 0.85; at the end of July the euro is worth 0.90."""
    return make_case()


def set_rate(value: str, on: date) -> None:
    """EUR 1 is worth that much GBP from that day on."""
    FxRate.objects.filter(to_currency="GBP", on__gte=on).delete()
    row = FxRate.objects.filter(from_currency="EUR", to_currency="GBP").order_by("-on").first()
    assert row is not None
    row.pk, row.on, row.rate = None, on, Decimal(value)
    row.save(force_insert=True)


def july(case: Case) -> int:
    return case.firm.entities["UK"].periods.get(name="2026-07").pk


def balance(code: str, until_on: date = date(2026, 7, 31)) -> Decimal:
    return sum(
        (
            line.debit - line.credit
            for line in JournalLine.objects.filter(
                account__code=code, entry__entry_on__lte=until_on
            )
        ),
        Decimal(0),
    )


def test_moves_the_receivable_to_the_closing_rate_and_back_on_day_1(case: Case) -> None:
    with case.scope():
        post_days(case)
        [draft] = propose(case)
        confirm(case, draft)
        assert balance("1100") == Decimal("3060.00")
        set_rate("0.90", date(2026, 7, 31))
        done = revalue(period_id=july(case), actor=case.fay, at=AT)
        assert (done.moved, done.gain) == (1, Decimal("180.00"))
        assert balance("1100") == Decimal("3240.00")
        assert balance("7010") == Decimal("-180.00")
        assert balance("1100", date(2026, 8, 1)) == Decimal("3060.00")
        entry, back = JournalEntry.objects.filter(event="revaluation").order_by("id")
        assert entry.source_ref == "2026-07/UK/revaluation"
        assert back.reverses_id == entry.pk
        found = run_proofs(
            legal_entity_id=case.firm.entities["UK"].pk, as_of=date(2026, 7, 31), actor=case.fay,
            at=AT,
        )  # fmt: skip
        assert [proof.name for proof in found if not proof.holds] == []


def test_again_posts_only_what_has_changed(case: Case) -> None:
    with case.scope():
        post_days(case)
        [draft] = propose(case)
        confirm(case, draft)
        set_rate("0.90", date(2026, 7, 31))
        revalue(period_id=july(case), actor=case.fay, at=AT)
        assert revalue(period_id=july(case), actor=case.fay, at=AT).moved == 0
        set_rate("0.80", date(2026, 7, 31))
        assert revalue(period_id=july(case), actor=case.fay, at=AT).gain == Decimal("-360.00")
        assert balance("1100") == Decimal("2880.00")
        assert balance("1100", date(2026, 8, 1)) == Decimal("3060.00")
        refs = JournalEntry.objects.filter(event="revaluation", reverses=None).order_by("id")
        assert [entry.source_ref for entry in refs] == [
            "2026-07/UK/revaluation", "2026-07/UK/revaluation/2",
        ]  # fmt: skip


def test_revalues_accrued_contract_assets_and_leaves_advances_alone(case: Case) -> None:
    with case.scope():
        # 1,000.00 of work waits, accrued; 1,000.00 is invoiced ahead on the fixed price.
        post_days(case, 1, line=case.work.fixed_line)
        [draft] = propose(case)
        confirm(case, draft)
        post_days(case, 1)
        post_accruals(period_id=july(case), actor=case.fay, at=AT)
        set_rate("0.90", date(2026, 7, 31))
        assert balance("1200") == Decimal("850.00")
        revalue(period_id=july(case), actor=case.fay, at=AT)
        assert balance("1200") == Decimal("900.00")
        assert balance("2200") == Decimal("-850.00")


def test_is_for_finance(case: Case) -> None:
    with case.scope(), pytest.raises(PermissionDenied):
        revalue(period_id=july(case), actor=case.bill, at=AT)


def test_goes_by_the_firms_closing_rate_and_names_what_has_none(case: Case) -> None:
    with case.scope():
        TenantParameters.objects.update(closing_rate_type="month_end")
        post_days(case)
        [draft] = propose(case)
        confirm(case, draft)
        set_rate("0.90", date(2026, 7, 31))
        assert revalue(period_id=july(case), actor=case.fay, at=AT).at_spot == ("EUR",)
        assert balance("1100") == Decimal("3240.00")
        last = AuditEntry.objects.filter(record_type="ledger.FiscalPeriod").latest("id")
        assert last.sentence.endswith("at spot rates, as there were no others: EUR")
        FxRate.objects.create(
            tenant=case.firm.tenant, from_currency="EUR", to_currency="GBP",
            on=date(2026, 7, 30), rate=Decimal("0.95"), rate_type="month_end",
        )  # fmt: skip
        assert revalue(period_id=july(case), actor=case.fay, at=AT).at_spot == ()
        assert balance("1100") == Decimal("3420.00")
        types = JournalLine.objects.filter(
            account__code="1100", entry__event="revaluation"
        ).values_list("rate", "rate_type")
        assert sorted(set(types)) == [
            (Decimal("0.90"), "spot"), (Decimal("0.95"), "month_end"),
        ]  # fmt: skip
