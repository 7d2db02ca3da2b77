from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Count, OuterRef, Q
from django.db.models.functions import JSONObject
from django.test.utils import CaptureQueriesContext
from django_scopes.exceptions import ScopeError

from psa.core.access.models import Membership, MembershipRole
from psa.core.org.models import CalendarException, TenantParameters
from psa.core.tenancy import compiled
from psa.core.tenancy.scope import tenant_scope
from tests import factories


def _named(*ids: int) -> Any:
    return Membership.objects.filter(id__in=ids).order_by("id").values_list("id", "name")


def test_asks_with_the_tenant_and_the_numbers_of_now(
    acme: factories.Firm, globex: factories.Firm
) -> None:
    for firm in (acme, globex, acme):
        with tenant_scope(firm.tenant.pk):
            ids = list(Membership.objects.order_by("id").values_list("id", flat=True)[:2])
            found = compiled.rows("test.named", _named, *ids)
            assert found == list(_named(*ids))
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


def test_makes_records_as_the_queryset_would(acme: factories.Firm, globex: factories.Firm) -> None:
    def of(name: str, until: datetime) -> Any:
        links = MembershipRole.objects.select_related("membership__user", "role")
        return (
            links.filter(membership__name=name, membership__user__date_joined__lt=until)
            .annotate(others=Count("role__member_links"))
            .order_by("id")
        )

    later = datetime(2100, 1, 1, tzinfo=UTC)
    for firm, name in ((acme, "Ben"), (acme, "Priya"), (globex, "Otto")):
        with firm.scope():
            expected = list(of(name, later))
            with CaptureQueriesContext(connection) as asked:
                found = compiled.records("test.links", of, name, later)
                shown = [
                    (link.pk, link.others, link.role.name, link.membership.user.email)
                    for link in found
                ]
            assert len(asked) == 1
            assert shown == [
                (link.pk, link.others, link.role.name, link.membership.user.email)
                for link in expected
            ]
            assert found == expected != []
            assert not found[0]._state.adding
            assert compiled.records("test.links", of, name, datetime(1999, 1, 1, tzinfo=UTC)) == []


def test_reads_columns_as_the_queryset_would(acme: factories.Firm) -> None:
    def of(member_id: int) -> Any:
        roles = MembershipRole.objects.filter(membership=OuterRef("pk")).order_by("id")
        named = roles.values(json=JSONObject(role="role__name", id="role_id"))
        return Membership.objects.filter(pk=member_id).values_list("name", ArraySubquery(named))

    with acme.scope():
        member_id = acme.actors["ben"].membership_id
        found = compiled.rows("test.json", of, member_id)
        assert found == list(of(member_id))
        assert isinstance(found[0][1][0]["id"], int)


def test_asks_several_in_one_message(acme: factories.Firm, globex: factories.Firm) -> None:
    for firm, name in ((acme, "Ben"), (globex, "Otto")):
        with firm.scope():
            member = Membership.objects.get(name=name)
            with CaptureQueriesContext(connection) as asked:
                named, settings, none = compiled.answers(
                    [
                        compiled.question("test.named", _named, member.pk),
                        compiled.question("test.parameters", TenantParameters.objects.all),
                        compiled.question("test.named", _named, member.pk + 1_000_000),
                    ]
                )
            assert len(asked) == 1
            assert named == [(member.pk, name)]
            assert [row.tenant_id for row in settings] == [firm.tenant.pk]
            assert none == []


def test_refuses_a_day_that_follows_from_another(acme: factories.Firm) -> None:
    def of(on: date) -> Any:
        return CalendarException.objects.filter(on__gt=on - timedelta(days=7)).values_list("id")

    with acme.scope(), pytest.raises((ValueError, OverflowError)):
        compiled.rows("test.week", of, date(2026, 12, 25))


def test_refuses_to_ask_outside_a_tenant() -> None:
    with pytest.raises(ScopeError):
        compiled.rows("test.named", _named, 1, 2)


def test_refuses_a_number_that_became_part_of_the_statement(acme: factories.Firm) -> None:
    with tenant_scope(acme.tenant.pk), pytest.raises(ValueError, match="no parameter"):
        compiled.rows("test.lost", lambda member_id: _named(7), 1)
