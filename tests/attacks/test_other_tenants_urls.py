"""Otto may do everything at Globex, and reaches nothing of Acme by any address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.apps import apps
from django.test import Client
from psycopg import sql

from psa.core.tenancy.models import TenantModel
from tests.attacks.addresses import all_addresses
from tests.attacks.world import World, give_every_role, make_world, mark
from tests.database import kept_scene
from tests.factories import AT, CAST, make_firm

MARKER = "Zyxwabendrot"
# What a form or a button may ask for; together enough to get past the shape of most forms.
BODY = {
    "lock_version": "1", "reason": "Because", "name": "Taken over", "title": "Taken over",
    "text": "Taken over", "stage": "1", "limit_amount": "1", "amount": "1", "price": "1",
    "unit": "hour", "billing_type": "non_chargeable", "invoiced_on": "2026-07-02",
    "credited_on": "2026-07-02", "reversed_on": "2026-07-08", "ready_on": "2026-07-02",
    "hours": "1", "description": "Taken over",
}  # fmt: skip


# A form as a browser without scripts sends it, and as htmx does.
WAYS: list[dict[str, str]] = [{}, {"HX-Request": "true"}]


@dataclass
class Attack:
    acme: World
    globex: World
    otto: Client


@pytest.fixture
def attack(committed_database: str, settings: object) -> Iterator[Attack]:
    """Both firms full of the same kinds of records; Otto has every role of Globex."""
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    acme, globex = kept_scene(two_worlds)
    yield Attack(acme, globex, globex.firm.client("otto"))


def two_worlds() -> tuple[World, World]:
    acme = make_world(make_firm("acme"))
    globex = make_world(make_firm("globex", cast=CAST | {"otto": "administrator"}))
    give_every_role(globex.firm, "otto")
    give_every_role(acme.firm, "fay")
    mark(acme.firm, MARKER)
    return acme, globex


def test_every_record_of_another_firm_is_not_found(attack: Attack) -> None:
    walked, wrong, fay = 0, [], attack.acme.firm.client("fay")
    for address in all_addresses():
        if not address.id_parameters:
            continue
        path = address.path(attack.acme.ids)
        abroad = attack.otto.get(attack.globex.firm.url(path))
        if abroad.status_code not in (404, 405):
            wrong.append((address.route, abroad.status_code))
        if walked < 45:
            # The same address opens at Acme, so that "not found" above is about the firm.
            walked += fay.get(attack.acme.firm.url(path)).status_code == 200
        assert MARKER not in abroad.content.decode(errors="replace"), path
    assert wrong == []
    assert walked == 45


def test_a_record_of_another_firm_under_one_of_ones_own_is_not_found(attack: Attack) -> None:
    for address in all_addresses():
        if len(address.id_parameters) < 2:
            continue
        for name in address.id_parameters:
            foreign = address.foreign(attack.acme.ids, name)
            path = attack.globex.firm.url(address.path(attack.globex.ids, **{name: foreign}))
            # 405 is said of the address, before any record is looked for.
            answers = [attack.otto.get(path), attack.otto.post(path, BODY)]
            codes = [answer.status_code for answer in answers]
            assert 404 in codes and set(codes) <= {404, 405}, path


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.proof)])
def test_another_firms_own_addresses_do_not_open(attack: Attack, step: int) -> None:
    for address in all_addresses()[::step]:
        path = attack.acme.firm.url(address.path(attack.acme.ids))
        for answer in (attack.otto.get(path), attack.otto.post(path, BODY)):
            assert answer.status_code == 404, path
            assert MARKER not in answer.content.decode(errors="replace"), path


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.proof)])
def test_no_page_shows_a_word_of_another_firm(attack: Attack, step: int) -> None:
    home = attack.acme.firm.client("fay")
    seen = 0
    for address in all_addresses()[::step]:
        path = address.path(attack.globex.ids)
        ways = ["", "?q=" + MARKER, "?view=all&export=csv"]
        for way in ways if not address.id_parameters else ways[:1]:
            answer = attack.otto.get(attack.globex.firm.url(path + way))
            shown = _text(answer).replace(f"“{MARKER}”", "").replace(f'value="{MARKER}"', "")
            assert not _has_record(shown), (path, way)
        if not address.parameters and seen < 12:
            seen += _has_record(_text(home.get(attack.acme.firm.url(path))))
    assert seen == 12  # Acme's own lists do show it


@pytest.mark.parametrize("ways", [1, pytest.param(2, marks=pytest.mark.proof)])
def test_no_post_changes_a_row_of_another_firm(
    attack: Attack, owner_connection: psycopg.Connection, ways: int
) -> None:
    """Each address as a form and as a part of a page; in the short run in turns."""
    before = _rows(owner_connection, attack.acme.firm.tenant.pk)
    assert sum(count for count, _ in before.values()) > 500
    wrong = []
    for number, address in enumerate(all_addresses()):
        if not address.id_parameters:
            continue
        path = attack.globex.firm.url(address.path(attack.acme.ids))
        for headers in WAYS if ways == 2 else [WAYS[number % 2]]:
            answer = attack.otto.post(path, BODY, headers=headers)
            if answer.status_code not in (404, 405):
                wrong.append((address.route, answer.status_code))
    assert wrong == []
    assert _rows(owner_connection, attack.acme.firm.tenant.pk) == before


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.proof)])
def test_no_form_takes_a_record_of_another_firm(
    attack: Attack, owner_connection: psycopg.Connection, step: int
) -> None:
    acme = attack.acme
    before = _rows(owner_connection, acme.firm.tenant.pk)
    for address in all_addresses()[::step]:
        for body in _foreign_bodies(acme):
            path = attack.globex.firm.url(address.path(attack.globex.ids))
            answer = attack.otto.post(path, body)
            assert answer.status_code < 500, path
            assert not _has_record(_text(answer)), path
    assert _rows(owner_connection, acme.firm.tenant.pk) == before
    assert _references(owner_connection, attack.globex.firm.tenant.pk, acme) == []


def _text(answer: object) -> str:
    streaming = getattr(answer, "streaming", False)
    content = b"".join(answer.streaming_content) if streaming else answer.content  # type: ignore[attr-defined]
    return content.decode(errors="replace")


def _has_record(text: str) -> bool:
    """Whether a marked word stands there: the marker and the row's id after it."""
    return re.search(rf"{MARKER} \d", text) is not None


def _foreign_bodies(acme: World) -> list[dict[str, str]]:
    """Acme's ids in every field by which a form names a record."""
    ids = {name.removesuffix("_id"): str(value) for name, value in acme.ids.items()}
    work = acme.case.work
    draft = acme.ids["proposal_id"]
    line = acme.ids["billing.views.proposals:line_id"]
    named = {
        **{name: value for name, value in ids.items() if ":" not in name},
        "owner": ids["membership"], "manager": ids["resource"], "customer": ids["account"],
        "contracting_unit": ids["unit"], "org_unit": ids["unit"], "resourcing_unit": ids["unit"],
        "legal_entity": ids["entity"], "job_role": ids["role"], "parent": ids["account"],
        "contract_line": str(work.time_line.pk), "contract_line_id": str(work.time_line.pk),
        "category": str(acme.firm.categories["travel"].pk), "proposals": str(draft),
        "selected": [str(draft), str(line)], "set": f"hold|{line}",
        "entries": f"time:{acme.ids['timeexpense.views.weeks:entry_id']}",
        "work": f"{work.project.pk}:{work.build.pk}", "approvers": ids["resource"],
        "resource": ids["resource"], "cutoff_on": "2026-06-30", "country": "DE",
        "currency": "EUR", "close_on": "2026-07-31", "starts_on": "2026-07-01",
        "valid_from": "2026-07-01", "received_on": "2026-07-08", "request_key": "k2",
        "spent_on": "2026-07-08", "payment_method": "own", "minutes": "60", "effort": "8",
    }  # fmt: skip
    return [BODY | named]


def _tables() -> list[str]:
    return sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel))


def _rows(owner: psycopg.Connection, tenant_id: int) -> dict[str, tuple[int, str]]:
    """Each table's count of the firm's rows and a digest of their content and versions."""
    found = {}
    with owner.transaction():
        _look_as(owner, tenant_id)
        for table in _tables():
            statement = sql.SQL(
                "SELECT count(*), coalesce(md5(string_agg("
                "t.xmin::text || t::text, ',' ORDER BY t::text)), '') "
                "FROM {} AS t WHERE tenant_id = %s"
            )
            row = owner.execute(statement.format(sql.Identifier(table)), [tenant_id]).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return found


def _references(owner: psycopg.Connection, tenant_id: int, acme: World) -> list[tuple[str, str]]:
    """Columns of the firm's rows that hold the id of Acme's customer, project or contract."""
    wanted = {
        "account_id": acme.ids["account_id"], "project_id": acme.ids["project_id"],
        "contract_id": acme.ids["contract_id"], "resource_id": acme.ids["resource_id"],
        "role_id": acme.ids["role_id"],
    }  # fmt: skip
    found = []
    with owner.transaction():
        _look_as(owner, tenant_id)
        for model in apps.get_models():
            if not issubclass(model, TenantModel) or model._meta.label == "access.MembershipRole":
                continue
            table = model._meta.db_table
            for column in {field.column for field in model._meta.concrete_fields} & wanted.keys():
                statement = sql.SQL("SELECT 1 FROM {} WHERE tenant_id = %s AND {} = %s LIMIT 1")
                names = (sql.Identifier(table), sql.Identifier(column))
                if owner.execute(statement.format(*names), [tenant_id, wanted[column]]).fetchone():
                    found.append((table, column))
    return found


def _look_as(owner: psycopg.Connection, tenant_id: int) -> None:
    # The policies bind the owner too.
    owner.execute("SELECT set_config('psa.tenant_id', %s, true)", [str(tenant_id)])
