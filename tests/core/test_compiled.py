from datetime import date
from typing import Any

import pytest
from django.db.models import Q
from django_scopes.exceptions import ScopeError

from psa.core.access.models import Membership
from psa.core.org.models import CalendarException
from psa.core.tenancy import compiled
from psa.core.tenancy.scope import tenant_scope
from tests import factories


def _named(*ids: int) -> object:
    return Membership.objects.filter(id__in=ids).order_by("id").values_list("id", "name")


def test_asks_with_the_tenant_and_the_numbers_of_now(
    acme: factories.Firm, globex: factories.Firm
) -> None:
    for firm in (acme, globex, acme):
        with tenant_scope(firm.tenant.pk):
            ids = list(Membership.objects.order_by("id").values_list("id", flat=True)[:2])
            found = compiled.rows("test.named", _named, *ids)
            assert found == list(_named(*ids))  # type: ignore[call-overload]
            assert [member_id for member_id, _ in found] == ids


def test_takes_days_beside_numbers(acme: factories.Firm) -> None:
    def of(member_id: int, on: date) -> Any:
        rows = CalendarException.objects.filter(Q(on=on) | Q(calendar_id=member_id))
        return rows.values_list("id")

    with acme.scope():
        for on in (date(2026, 12, 25), date(2026, 12, 26)):
            for number in (1, 2):
                assert compiled.rows("test.of", of, number, on) == list(of(number, on))


def test_finds_nothing_of_another_tenant(acme: factories.Firm, globex: factories.Firm) -> None:
    with tenant_scope(acme.tenant.pk):
        theirs = list(Membership.objects.values_list("id", flat=True)[:2])
    with tenant_scope(globex.tenant.pk):
        assert compiled.rows("test.named", _named, *theirs) == []


def test_refuses_to_ask_outside_a_tenant() -> None:
    with pytest.raises(ScopeError):
        compiled.rows("test.named", _named, 1, 2)


def test_refuses_a_number_that_became_part_of_the_statement(acme: factories.Firm) -> None:
    with tenant_scope(acme.tenant.pk), pytest.raises(ValueError, match="no parameter"):
        compiled.rows("test.lost", lambda member_id: _named(7), 1)
