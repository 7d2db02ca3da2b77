"""The tenant's own roles: editing them, and what nobody can do with them."""

import re

import pytest

from psa.core.access.default_roles import DEFAULT_ROLES
from psa.core.access.models import Membership, Role
from psa.core.access.permission_words import groups
from psa.core.access.policies import DutiesMixed, check_duties
from psa.core.access.registry import all_permissions
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, PermissionDenied
from psa.edges.identity.services import roles
from tests.factories import AT, Firm


def role(firm: Firm, code: str) -> Role:
    with firm.scope():
        return Role.objects.get(code=code)


def page(firm: Firm, code: str) -> str:
    return firm.url(f"access/roles/{role(firm, code).pk}/")


def values(
    row: Role, *, add: tuple[str, ...] = (), take: tuple[str, ...] = ()
) -> dict[str, object]:
    rights = [p for p in (*row.permissions, *add) if p not in take]
    return {"name": row.name, "permissions": rights, "lock_version": row.lock_version}


def test_lists_roles_and_shows_their_rights_in_words(acme: Firm) -> None:
    ada = acme.client("ada")
    assert "Team member" in ada.get(acme.url("access/roles/")).content.decode()
    shown = ada.get(page(acme, "finance_manager")).content.decode()
    assert "Re-open periods" in shown
    assert "Held by Fay" in shown


def test_every_right_has_its_place(acme: Firm) -> None:
    placed = [value for group in groups() for value, _ in group.permissions]
    assert sorted(placed) == sorted(all_permissions())


def test_changes_what_members_may_do_at_once_with_an_entry_in_the_trail(acme: Firm) -> None:
    ada, ben = acme.client("ada"), acme.client("ben")
    assert ben.get(acme.url("audit/")).status_code == 404
    row = role(acme, "team_member")
    assert ada.post(page(acme, "team_member"), values(row, add=("audit.view",))).status_code == 302
    assert ben.get(acme.url("audit/")).status_code == 200
    with acme.scope():
        entry = AuditEntry.objects.get(event="access.role_saved")
    assert entry.changes["granted"][1] == "audit.view"


def test_copies_a_role_and_deletes_what_nobody_holds(acme: Firm) -> None:
    ada = acme.client("ada")
    row = role(acme, "team_member")
    copy = ada.get(acme.url(f"access/roles/new/?copy={row.pk}")).content.decode()
    assert len(re.findall(r'name="permissions"[^>]* checked', copy)) == len(row.permissions)
    data = {"name": "Night shift", "permissions": row.permissions, "lock_version": 0}
    assert ada.post(acme.url("access/roles/new/"), data).status_code == 302
    assert ada.post(acme.url("access/roles/new/"), data).status_code == 422
    assert ada.post(page(acme, "night_shift") + "delete/").status_code == 302
    assert ada.post(page(acme, "team_member") + "delete/").status_code == 422


def test_refuses_a_stale_form(acme: Firm) -> None:
    ada, row = acme.client("ada"), role(acme, "team_member")
    assert ada.post(page(acme, "team_member"), values(row)).status_code == 302
    assert ada.post(page(acme, "team_member"), values(row)).status_code == 422


def test_somebody_can_always_manage_users(acme: Firm) -> None:
    row = role(acme, "administrator")
    data = values(row, take=("access.manage_users",))
    answer = acme.client("ada").post(page(acme, "administrator"), data)
    assert answer.status_code == 422
    assert "Somebody has to" in answer.content.decode()
    assert "access.manage_users" in role(acme, "administrator").permissions


def test_nobody_gives_themselves_a_right(acme: Firm) -> None:
    ada = acme.client("ada")
    row = role(acme, "administrator")
    gain = ada.post(page(acme, "administrator"), values(row, add=("pricing.view_cost_rates",)))
    assert gain.status_code == 422
    assert "another administrator" in gain.content.decode()
    me = acme.url(f"setup/users/{acme.actors['ada'].membership_id}/")
    data = {"name": "Ada", "roles": ["administrator", "practice_leader"]}
    assert ada.post(me, data).status_code == 422
    with acme.scope():
        codes = Membership.objects.get(name="Ada").role_links.values_list("role__code", flat=True)
        assert list(codes) == ["administrator"]


def test_another_administrator_gives_it(acme: Firm) -> None:
    ada = acme.client("ada")
    ben = acme.url(f"setup/users/{acme.actors['ben'].membership_id}/")
    assert ada.post(ben, {"name": "Ben", "roles": ["administrator"]}).status_code == 302
    me = acme.url(f"setup/users/{acme.actors['ada'].membership_id}/")
    data = {"name": "Ada", "roles": ["administrator", "practice_leader"]}
    assert acme.client("ben").post(me, data).status_code == 302


def test_duties_stay_apart_in_members_and_in_roles(acme: Firm) -> None:
    ada = acme.client("ada")
    ben = acme.url(f"setup/users/{acme.actors['ben'].membership_id}/")
    both = {"name": "Ben", "roles": ["administrator", "finance_manager"]}
    refused = ada.post(ben, both)
    assert refused.status_code == 422
    assert "Managing users and" in refused.content.decode()
    row = role(acme, "finance_manager")
    mixed = values(row, add=("access.manage_users",))
    assert ada.post(page(acme, "finance_manager"), mixed).status_code == 422


def test_a_small_firm_may_join_duties_and_the_trail_says_so(acme: Firm) -> None:
    ada = acme.client("ada")
    lasts = {"session_idle_minutes": "60", "session_hours": "12"}
    assert ada.post(acme.url("access/sign-in/"), lasts).status_code == 302
    ben = acme.url(f"setup/users/{acme.actors['ben'].membership_id}/")
    both = {"name": "Ben", "roles": ["administrator", "finance_manager"]}
    assert ada.post(ben, both).status_code == 302
    with acme.scope():
        entry = AuditEntry.objects.get(event="access.sign_in_rules_changed")
    assert entry.changes == {"duties_apart": ["True", "False"]}


@pytest.mark.parametrize("default", DEFAULT_ROLES, ids=lambda each: each.code)
def test_no_default_role_mixes_duties(default) -> None:  # type: ignore[no-untyped-def]
    check_duties(default.permissions, kept_apart=True)


def test_the_policy_names_what_is_in_the_way() -> None:
    with pytest.raises(DutiesMixed, match=r"ledger\.post"):
        check_duties({"access.manage_users", "ledger.post"}, kept_apart=True)
    check_duties({"access.manage_users", "ledger.post"}, kept_apart=False)
    check_duties({"ledger.post", "billing.confirm"}, kept_apart=True)


def test_needs_the_right_and_knows_no_other_firms_roles(acme: Firm, globex: Firm) -> None:
    foreign = globex.url(f"access/roles/{role(acme, 'team_member').pk}/")
    assert globex.client("otto").get(foreign).status_code == 404
    assert acme.client("fay").get(page(acme, "team_member")).status_code == 404
    with acme.scope():
        for actor, refusal in (
            (acme.actors["fay"], PermissionDenied),
            (acme.actors["ada"], DomainError),
        ):
            with pytest.raises(refusal):
                roles.save_role(
                    role_id=None, lock_version=0, name="X", permissions=["no.such"],
                    actor=actor, at=AT,
                )  # fmt: skip
