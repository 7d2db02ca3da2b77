"""Firms that exist are brought up to the shipped defaults, once, and keep what they changed."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from projects.models import ProjectTemplate
from psa.core.access.default_roles import ADDED_PERMISSIONS, DEFAULT_ROLES
from psa.core.access.models import Role
from psa.core.audit.models import AuditEntry
from psa.core.ledger.models import LedgerAccount, PostingProfile
from psa.core.org.models import TenantParameters, TimeRule, TransactionCategory
from psa.edges.setup import checklist, default_policies
from psa.edges.setup.services import upgrades
from tests.factories import AT
from timeexpense.models import ExpenseCategory, MileageRate, PerDiemRate

NEW = "projects.override_budget"


def make_old(firm) -> None:
    """As it was set up before any of it was shipped."""
    TenantParameters.objects.update(defaults_version=0)
    ProjectTemplate.objects.all().delete()
    for role in Role.objects.all():
        role.permissions = [one for one in role.permissions if one != NEW]
        role.save()


def upgrade() -> str:
    out = StringIO()
    call_command("upgrade_tenants", "--tenant", "acme", stdout=out)
    return out.getvalue()


def roles_with(permission: str) -> set[str]:
    return {role.code for role in Role.objects.all() if permission in role.permissions}


def test_gives_permissions_and_templates_once(acme):
    with acme.scope():
        make_old(acme)
    text = upgrade()
    assert "Finance manager: projects.override_budget" in text and "6 templates" in text
    with acme.scope():
        assert roles_with(NEW) == {"finance_manager", "administrator"}
        assert ProjectTemplate.objects.count() == 6
        assert AuditEntry.objects.filter(event="setup.brought_up_to_date").count() == 1
    assert upgrade() == "acme: nothing new\n"


def test_leaves_what_the_firm_has_changed(acme):
    with acme.scope():
        make_old(acme)
        Role.objects.filter(code="finance_manager").update(code="controller")
    upgrade()
    with acme.scope():
        assert roles_with(NEW) == {"administrator"}
        role = Role.objects.get(code="administrator")
        role.permissions = [one for one in role.permissions if one != NEW]
        role.save()
        ProjectTemplate.objects.all().delete()
    upgrade()
    with acme.scope():
        assert roles_with(NEW) == set()
        assert not ProjectTemplate.objects.exists()


def test_new_firms_start_up_to_date(acme):
    with acme.scope():
        assert TenantParameters.objects.get().defaults_version == upgrades.LATEST
        assert upgrades.bring_up_to_date(tenant_id=acme.tenant.pk, at=AT).words == "nothing new"


def test_names_a_tenant_that_does_not_exist(db):
    with pytest.raises(CommandError, match="no tenant"):
        call_command("upgrade_tenants", "--tenant", "nobody")


def test_what_is_added_is_in_the_defaults_and_no_newer_than_the_latest():
    given = {(role.code, one) for role in DEFAULT_ROLES for one in role.permissions}
    assert {(code, one) for _, code, one in ADDED_PERMISSIONS} <= given
    assert max(version for version, _, _ in ADDED_PERMISSIONS) <= upgrades.LATEST


def test_gives_kinds_of_expense_and_published_rates_beside_what_the_firm_has(acme):
    with acme.scope():
        make_old(acme)
        ExpenseCategory.objects.filter(kind="lodging").delete()
        ExpenseCategory.objects.filter(category__code="mileage").update(kind="standard")
        TransactionCategory.objects.filter(code="per_diem").update(code="allowance")
        MileageRate.objects.filter(vehicle="Passenger in a car or van").delete()
        PerDiemRate.objects.filter(scheme="DE", country="CH").delete()
        # A figure of the firm's own: what is published of that place later is not for it.
        PerDiemRate.objects.filter(scheme="DE", country="IE", valid_from="2026-01-01").delete()
        PerDiemRate.objects.filter(scheme="DE", country="IE").update(
            full_day_amount=60, valid_until=None
        )
        # The next year came after the firm was set up.
        PerDiemRate.objects.filter(scheme="DE", country="NL", valid_from="2026-01-01").delete()
        PerDiemRate.objects.filter(scheme="DE", country="NL").update(valid_until=None)
    text = upgrade()
    assert "2 kinds of expense" in text and "7 published rates" in text
    with acme.scope():
        kinds = dict(ExpenseCategory.objects.values_list("category__code", "kind"))
        assert (kinds["mileage"], kinds["per_diem"], kinds["lodging"]) == (
            "standard", "per_diem", "lodging",
        )  # fmt: skip
        assert MileageRate.objects.get(vehicle="Passenger in a car or van").rate_per_unit == (
            Decimal("0.05")
        )
        assert PerDiemRate.objects.get(scheme="DE", country="IE").full_day_amount == 60
        first, second = PerDiemRate.objects.filter(scheme="DE", country="NL").order_by("valid_from")
        assert (first.valid_until, second.full_day_amount) == (second.valid_from, 58)
    assert upgrade() == "acme: nothing new\n"


def test_gives_accounts_of_later_slots_where_their_numbers_are_free(acme):
    with acme.scope():
        TenantParameters.objects.update(defaults_version=3)
        TimeRule.objects.filter(code__in=["duplicate_expense", "above_estimate"]).delete()
        PostingProfile.objects.filter(slot__startswith="recharge").delete()
        LedgerAccount.objects.filter(code="4900").delete()
        LedgerAccount.objects.filter(code="5900").update(name="Sundry")
    assert upgrade() == "acme: 1 account, 2 switches of rules\n"
    with acme.scope():
        assert dict(TimeRule.objects.values_list("code", "mode")) == default_policies.TIME_RULES
        [given] = PostingProfile.objects.filter(slot__startswith="recharge")
        assert (given.slot, given.account.code) == ("recharge_income", "4900")
        [left] = [check for check in checklist.checks(at=AT) if check.key == "profiles"]
        assert left.examples == ("Recharge expense",)
