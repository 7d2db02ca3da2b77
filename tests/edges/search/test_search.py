"""Finding records: by name, number and slip of the finger; never another's, never the invisible."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from django.test import override_settings

from billing.models import Invoice
from projects.models import Project
from psa.edges.search import selectors
from psa.edges.search.kinds import KINDS
from sales.models import Account, Contact, Opportunity, OpportunityStage
from tests.factories import AT, Firm, make_engagement


@pytest.fixture
def firm(acme: Firm) -> Firm:
    with acme.scope():
        engagement = make_engagement(acme)
        Contact.objects.create(
            tenant=acme.tenant, account=engagement.account, name="Jörg Müller",
            email="joerg@kessler.example",
        )  # fmt: skip
    return acme


def titles(firm: Firm, who: str, query: str) -> dict[str, list[str]]:
    with firm.scope(), override_settings(ROOT_URLCONF="psa.tenant_urls"):
        groups = selectors.found(actor=firm.actors[who], query=query, each=5)
        return {
            g.key: [h.title.replace("<mark>", "").replace("</mark>", "") for h in g.hits]
            for g in groups
        }


@pytest.mark.parametrize(
    ("query", "kind", "title"),
    [
        ("kessler", "account", "Kessler Maschinenbau"),
        ("Kesler", "account", "Kessler Maschinenbau"),
        ("maschienenbau", "account", "Kessler Maschinenbau"),
        ("kessler masch", "account", "Kessler Maschinenbau"),
        ("A-1", "account", "Kessler Maschinenbau"),
        ("erp rollout", "project", "ERP core rollout"),
        ("P-1", "project", "ERP core rollout"),
        ("rolout", "contract", "ERP core rollout"),
        ("blueprnt", "task", "Blueprint"),
        ("muller", "contact", "Jörg Müller"),
        ("MÜLLER", "contact", "Jörg Müller"),
        ("joerg@kess", "contact", "Jörg Müller"),
        ("prya", "person", "Priya"),
        ("cost 2025", "price_list", "Cost 2025"),
    ],
)
def test_finds_by_name_number_and_slip(firm: Firm, query: str, kind: str, title: str) -> None:
    assert title in titles(firm, "paul", query).get(kind, []) or title in titles(
        firm, "fay", query
    ).get(kind, [])


@pytest.mark.parametrize(
    "query", ["", "k", "%%", "__", "'; DROP", "\\", "$q$", "\x00kessler", "zzzzzz"]
)
def test_odd_queries_find_nothing_or_what_they_say(firm: Firm, query: str) -> None:
    found = titles(firm, "fay", query)
    assert found == {} or "kessler" in query


def test_the_exact_number_comes_first(firm: Firm) -> None:
    with firm.scope():
        account = Account.objects.get()
        for number in range(2, 40):
            Account.objects.create(
                tenant=firm.tenant, code=f"A-1{number:02d}", name=f"A-1 like {number}",
                kind="customer", country="DE", currency="EUR", owner_id=account.owner_id,
            )  # fmt: skip
    assert titles(firm, "fay", "a-1")["account"][0] == "Kessler Maschinenbau"


def test_follows_changes_and_deletions(firm: Firm) -> None:
    with firm.scope():
        Project.objects.update(name="Warehouse move")
    assert "project" not in titles(firm, "fay", "rollout")
    assert titles(firm, "fay", "warehouse")["project"] == ["Warehouse move"]
    with firm.scope():
        Contact.objects.all().delete()
    assert "contact" not in titles(firm, "fay", "muller")


def test_another_firms_records_do_not_exist(firm: Firm, globex: Firm) -> None:
    for query in ("kessler", "C-1", "priya", "rollout", "muller"):
        assert titles(globex, "otto", query) == {}


@pytest.mark.django_db
def test_without_a_firm_there_is_nothing(
    firm: Firm, app_connection: Callable[[], psycopg.Connection]
) -> None:
    raw = app_connection()
    rows = raw.execute("SELECT * FROM psa_search('kessler', ARRAY['account'], 10)").fetchall()
    assert rows == []
    assert raw.execute("SELECT count(*) FROM search_entry").fetchone() == (0,)


def test_row_security_holds_for_the_index_too(firm: Firm, globex: Firm) -> None:
    with globex.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM search_entry WHERE words LIKE '%kessler%'")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relname = 'search_entry'"
        )
        assert cursor.fetchone() == (True, True)


def test_shows_only_what_the_pages_show(firm: Firm) -> None:
    everything = {"account", "contract", "project", "contact", "task"}
    assert not everything & set(titles(firm, "ben", "kessler"))
    assert not everything & set(titles(firm, "ben", "rollout"))
    assert titles(firm, "sam", "priya") == {}
    assert "user" in titles(firm, "ada", "priya") and "user" not in titles(firm, "priya", "priya")
    assert titles(firm, "ben", "cost 2025") == {} == titles(firm, "amara", "cost 2025")


def test_finds_ones_own_among_thousands_of_others(firm: Firm) -> None:
    with firm.scope():
        stage = OpportunityStage.objects.order_by("pk").first()
        account = Account.objects.get()
        common = {
            "tenant": firm.tenant, "account": account, "stage": stage, "currency": "EUR",
            "contracting_unit": firm.units["UK"],
            "created_at": AT, "stage_since": AT.date(), "close_on": AT.date(),
        }  # fmt: skip
        names = {f.name for f in Opportunity._meta.fields}
        common = {k: v for k, v in common.items() if k in names}
        rows = [
            Opportunity(
                **common,
                number=f"O-{n}",
                name=f"Cloud migration {n}",
                owner_id=firm.actors["paul" if n else "amara"].membership_id,
            )
            for n in range(150)
        ]
        Opportunity.objects.bulk_create(rows)
    assert titles(firm, "amara", "cloud migration")["opportunity"] == ["Cloud migration 0"]


def test_every_kind_leads_to_a_page_of_its_record(firm: Firm) -> None:
    """Each kind's paths and address hold for a real row, where the firm has one."""
    with firm.scope(), override_settings(ROOT_URLCONF="psa.tenant_urls"):
        for kind in KINDS:
            row = kind.visible(firm.actors["fay"]).values(*kind.paths).first()
            if row is not None:
                assert kind.address(row).startswith("/")
        assert Invoice in {kind.visible(firm.actors["fay"]).model for kind in KINDS}


def test_the_page_works_without_a_script(firm: Firm) -> None:
    client = firm.client("fay")
    page = client.get("/acme/search/", {"q": "kesler"}).content.decode()
    assert "Kessler Maschinenbau" in page and "/acme/sales/customers/" in page
    only = client.get("/acme/search/", {"q": "rollout", "kind": "project"}).content.decode()
    assert "Search in Projects" in only and "/acme/sales/contracts/" not in only.split("<main")[1]


def test_marks_what_matched_and_escapes_the_rest(firm: Firm) -> None:
    with firm.scope():
        Project.objects.update(name="<b>ERP</b> Rollout")
    page = firm.client("fay").get("/acme/search/palette/", {"q": "erp"}).content.decode()
    assert "&lt;b&gt;<mark>ERP</mark>&lt;/b&gt;" in page and "<b>ERP" not in page


def test_lists_what_was_opened_lately_if_it_may_still_be_seen(firm: Firm, globex: Firm) -> None:
    with firm.scope():
        project, account = Project.objects.get(), Account.objects.get()
    paths = [
        f"/acme/projects/{project.pk}/", f"/acme/sales/customers/{account.pk}/",
        "/acme/projects/999999/", "/globex/projects/1/", "https://evil.example/1/", "/acme/nowhere/1/",
    ]  # fmt: skip
    seen = firm.client("fay").get("/acme/search/palette/", {"opened": paths}).content.decode()
    assert "Opened lately" in seen and "Kessler Maschinenbau" in seen and "ERP core" in seen
    blind = firm.client("sam").get("/acme/search/palette/", {"opened": paths}).content.decode()
    assert "Kessler" not in blind and "ERP core" not in blind


def test_asks_little(firm: Firm, django_assert_max_num_queries: Callable) -> None:
    tenant_urls = override_settings(ROOT_URLCONF="psa.tenant_urls")
    with firm.scope(), tenant_urls, django_assert_max_num_queries(6):
        selectors.found(actor=firm.actors["fay"], query="kessler", each=5)
