"""The checklist finds what is missing, names it, and links to where it is mended."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import TaxCode, TaxRate
from projects.models import ProjectApprover, TeamMember
from psa.core.access.models import Membership, MembershipRole
from psa.core.ledger.models import FiscalPeriod, PostingProfile
from psa.core.money.models import FxRate
from psa.core.org.models import (
    CalendarException,
    Resource,
    TenantParameters,
    TransactionCategory,
    WorkInterval,
)
from psa.core.pricing.models import PriceLine, PriceList
from psa.edges.setup import checklist
from psa.edges.setup.checklist import Check
from tests.factories import AT, Firm, make_engagement


@pytest.fixture
def firm(acme: Firm) -> Firm:
    """Acme, with what a firm needs before it goes live."""
    with acme.scope():
        make_engagement(acme)
        Resource.objects.update(job_role=acme.roles["CO"])
        acme.entities["UK"].__class__.objects.update(
            address="1 Quay", tax_id="GB 1", bank_iban="GB33BUKB20201555555555"
        )
        calendar = Resource.objects.earliest("pk").calendar_id
        CalendarException.objects.create(
            tenant=acme.tenant, calendar_id=calendar, on=date(2027, 1, 1), name="New Year",
            kind="holiday",
        )  # fmt: skip
        ProjectApprover.objects.create(
            tenant=acme.tenant,
            project=acme.resources["priya"].managed_projects.get(),
            resource=acme.resources["mei"],
        )
    return acme


def found(firm: Firm) -> dict[str, Check]:
    with firm.scope():
        return {check.key: check for check in checklist.checks(at=AT)}


def test_finds_a_firm_ready(firm: Firm) -> None:
    open_checks = {key: check.examples for key, check in found(firm).items() if check.count}
    # Both wait for people: somebody to run the scheduler, and Finance's word.
    assert set(open_checks) == {"schedules", "controls"}


def _no_price(firm: Firm) -> None:
    PriceLine.objects.filter(role=firm.roles["CO"], price_list__context="sales").delete()


def _no_cost(firm: Firm) -> None:
    PriceLine.objects.filter(role=firm.roles["CO"], price_list__context="cost").delete()


def _no_account(firm: Firm) -> None:
    TransactionCategory.objects.filter(code="travel").update(cost_account_code="9999")


def _no_profile(firm: Firm) -> None:
    PostingProfile.objects.filter(slot="revenue").delete()


def _no_tax(firm: Firm) -> None:
    TaxCode.objects.filter(legal_entity=firm.entities["DE"]).update(is_default=False)


def _no_tax_rate(firm: Firm) -> None:
    TaxRate.objects.filter(tax_code__code="UK20").update(valid_from=date(2030, 1, 1))


def _closed(firm: Firm) -> None:
    FiscalPeriod.objects.filter(
        legal_entity=firm.entities["DE"], starts_on__lte=AT.date(), ends_on__gt=AT.date()
    ).update(state="soft_closed")


def _no_next_period(firm: Firm) -> None:
    FiscalPeriod.objects.filter(legal_entity=firm.entities["UK"], starts_on__gt=AT.date()).delete()


def _no_hours(firm: Firm) -> None:
    WorkInterval.objects.filter(calendar_id=firm.resources["ben"].calendar_id).delete()


def _no_approver(firm: Firm) -> None:
    ids = [firm.actors[name].membership_id for name in ("priya", "mei")]
    Membership.objects.filter(pk__in=ids).update(is_active=False)


def _self_approver(firm: Firm) -> None:
    ProjectApprover.objects.all().delete()


def _gone(firm: Firm) -> None:
    Resource.objects.filter(pk=firm.resources["ben"].pk).update(
        employed_until=AT.date() - timedelta(days=1)
    )


def _no_login(firm: Firm) -> None:
    Resource.objects.filter(pk=firm.resources["bea"].pk).update(membership=None)


def _no_role(firm: Firm) -> None:
    MembershipRole.objects.filter(membership_id=firm.actors["sam"].membership_id).delete()


def _no_duty(firm: Firm) -> None:
    MembershipRole.objects.filter(membership_id=firm.actors["fay"].membership_id).delete()


def _old_rates(firm: Firm) -> None:
    FxRate.objects.filter(on__gt=AT.date() - timedelta(days=30)).delete()


def _no_address(firm: Firm) -> None:
    firm.entities["UK"].__class__.objects.filter(code="UK").update(address="")


def _nobody_to_sell(firm: Firm) -> None:
    Resource.objects.update(is_bookable=False)
    PriceList.objects.filter(context="cost").update(status="draft")


@pytest.mark.parametrize(
    ("plant", "key", "words"),
    [
        (_nobody_to_sell, "staff", "Nobody with a chargeable role"),
        (_nobody_to_sell, "prices", "no active cost price list"),
        (_no_price, "prices", "Consultant in Delivery UK: no sales price in EUR"),
        (_no_cost, "prices", "Consultant in Delivery UK: no cost price"),
        (_no_account, "categories", "Travel: no cost account"),
        (_no_profile, "profiles", "Revenue"),
        (_no_tax, "tax", "Acme GmbH: no default tax code"),
        (_no_tax_rate, "tax", "Acme Ltd: no tax rate today"),
        (_closed, "periods", "Acme GmbH: no open period today"),
        (_no_next_period, "periods", "Acme Ltd: no period for August 2026"),
        (_no_hours, "calendars", "no working hours"),
        (_no_approver, "approvers", "P-1 ERP core rollout"),
        (_self_approver, "own_time", "P-1 ERP core rollout"),
        (_gone, "gone", "Ben"),
        (_no_login, "sign_in", "Bea"),
        (_no_role, "roles", "Sam"),
        (_no_duty, "duties", "Nobody may close periods"),
        (_old_rates, "rates", "EUR: no rate since 2 Jul 2026"),
        (_no_address, "entities", "Acme Ltd: no address"),
    ],
)
def test_names_what_was_planted(
    firm: Firm, plant: Callable[[Firm], None], key: str, words: str
) -> None:
    with firm.scope():
        plant(firm)
    check = found(firm)[key]
    assert check.count
    assert any(words in example for example in check.examples), check.examples


def test_lets_managers_approve_their_own_where_the_firm_does(firm: Firm) -> None:
    with firm.scope():
        ProjectApprover.objects.all().delete()
        TenantParameters.objects.update(self_approval_allowed=True)
    assert not found(firm)["own_time"].count


def test_asks_no_more_queries_for_many_people(firm: Firm) -> None:
    with firm.scope():
        with CaptureQueriesContext(connection) as few:
            checklist.checks(at=AT)
        pattern = firm.resources["ben"]
        Resource.objects.bulk_create(
            Resource(
                tenant=firm.tenant, code=f"X{n}", name=f"X{n}", org_unit=pattern.org_unit,
                job_role=pattern.job_role, calendar=pattern.calendar,
                employed_from=date(2025, 1, 1),
            )
            for n in range(200)
        )  # fmt: skip
        TeamMember.objects.bulk_create(
            TeamMember(
                tenant=firm.tenant, project_id=firm.resources["priya"].managed_projects.get().pk,
                resource=row, role=pattern.job_role, valid_from=date(2026, 1, 1),
            )
            for row in Resource.objects.filter(code__startswith="X")
        )  # fmt: skip
        with CaptureQueriesContext(connection) as many:
            checklist.checks(at=AT)
    assert len(many) <= len(few)
    assert len(few) < 60


def test_shows_the_page_with_links(firm: Firm) -> None:
    with firm.scope():
        _no_profile(firm)
    page = firm.client("ada").get(firm.url("setup/checklist/")).content.decode()
    assert "Every posting has an account" in page
    assert firm.url("setup/profiles/") in page
    assert firm.client("fay").get(firm.url("setup/checklist/")).status_code == 404
