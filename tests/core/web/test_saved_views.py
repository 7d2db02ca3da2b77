"""Saved views: one's own and shared, as the list's address; taken back, renamed, made the default."""

import pytest
from django.test import Client

from psa.core.errors import Conflict, NotFound, PermissionDenied
from psa.core.tenancy.scope import tenant_scope
from psa.core.web.lists import saved
from psa.core.web.models import SavedView
from tests.core.firms import NOW, Firms, Member, make_firms


@pytest.fixture
def firms(db: None) -> Firms:
    return make_firms()


def keep(member: Member, name: str = "Mine", *, is_shared: bool = False) -> SavedView:
    with tenant_scope(member.tenant_id):
        return saved.save_view(
            list_key="notifications", name=name, query="view=all&sort=-created_at&evil=1",
            is_shared=is_shared, actor=member.actor, at=NOW,
        )  # fmt: skip


def names(member: Member) -> list[str]:
    with tenant_scope(member.tenant_id):
        return [v.name for v in saved.views_of(actor=member.actor, list_key="notifications")]


def test_keeps_filters_sort_columns_and_grouping_alone(firms: Firms) -> None:
    assert keep(firms.priya).query == "sort=-created_at&view=all"


def test_ones_own_are_ones_own_until_shared(firms: Firms) -> None:
    keep(firms.priya)
    keep(firms.priya, "Team", is_shared=True)
    assert names(firms.priya) == ["Mine", "Team"]
    assert names(firms.ben) == ["Team"]
    assert names(firms.otto) == []


def test_saving_under_the_same_name_replaces(firms: Firms) -> None:
    assert keep(firms.priya).pk == keep(firms.priya, " Mine ").pk


def test_only_the_owner_and_administrators_change_a_shared_one(firms: Firms) -> None:
    view = keep(firms.priya, "Team", is_shared=True)
    with tenant_scope(firms.priya.tenant_id):
        with pytest.raises(PermissionDenied):
            saved.change_view(view_id=view.pk, actor=firms.ben.actor, name="Ours")
        assert saved.change_view(view_id=view.pk, actor=firms.ada.actor, name="Ours").name == "Ours"
        private = saved.save_view(
            list_key="notifications", name="Other", query="", is_shared=False,
            actor=firms.priya.actor, at=NOW,
        )  # fmt: skip
        with pytest.raises(NotFound):
            saved.change_view(view_id=private.pk, actor=firms.ben.actor, name="x")
        with pytest.raises(Conflict):
            saved.change_view(view_id=private.pk, actor=firms.priya.actor, name="Ours")


def test_a_default_opens_with_the_bare_address(firms: Firms) -> None:
    view = keep(firms.priya)
    with tenant_scope(firms.priya.tenant_id):
        saved.choose_default(view_id=view.pk, is_default=True, actor=firms.priya.actor)
    client = firms.priya.signed_in()
    answer = client.get("/acme/notifications/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/acme/notifications/?saved={view.pk}&sort=-created_at&view=all"
    page = client.get(answer["Location"]).content.decode()
    assert "Mine" in page and "Delete view" in page and "Save changes to" not in page
    changed = client.get(answer["Location"] + "&f.created_at.from=2026-01-01").content.decode()
    assert "Save changes to" in changed
    assert client.get("/acme/notifications/?view=all").status_code == 200


def post(client: Client, path: str, **data: str) -> str:
    answer = client.post(path, {"path": "/acme/notifications/", **data})
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def test_the_forms_save_rename_delete_and_undo(firms: Firms) -> None:
    client = firms.priya.signed_in()
    where = post(
        client, "/acme/ui/views/save/", list_key="notifications", name="Late", query="?view=all",
        is_shared="on",
    )  # fmt: skip
    assert where.startswith("/acme/notifications/?saved=")
    number = where.partition("saved=")[2].partition("&")[0]
    post(client, f"/acme/ui/views/{number}/change/", name="Later", is_shared="on")
    assert names(firms.ben) == ["Later"]
    post(client, f"/acme/ui/views/{number}/delete/")
    assert names(firms.priya) == []
    page = client.get("/acme/notifications/").content.decode()
    undo_url = "/" + page.partition('data-undo="/')[2].partition('"')[0].replace("&amp;", "&")
    assert undo_url.startswith("/acme/ui/undo/?token=")
    assert firms.ben.signed_in().post(undo_url).status_code == 404
    assert client.post(undo_url).status_code == 200
    assert names(firms.priya) == ["Later"]
    again = client.post(undo_url)
    assert again.status_code == 409 and "already" in again.content.decode()


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/globex/x/", ""])
def test_leads_back_into_the_firm_only(firms: Firms, path: str) -> None:
    answer = firms.priya.signed_in().post(
        "/acme/ui/views/save/",
        {"path": path, "list_key": "notifications", "name": "x", "query": ""},
    )
    assert answer["Location"].startswith("/acme/?saved=")


def test_another_firms_view_does_not_exist(firms: Firms) -> None:
    view = keep(firms.priya, is_shared=True)
    for what in ("change", "delete", "default"):
        answer = firms.otto.signed_in().post(f"/globex/ui/views/{view.pk}/{what}/", {"name": "x"})
        assert answer.status_code == 404
