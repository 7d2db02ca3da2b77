import re

import pytest

from sales.models import Contract, Opportunity, Quote, QuoteLineDetail
from tests.factories import AT
from tests.sales.scenario import FROM, make_deal


@pytest.fixture
def deal(acme, settings):
    settings.PSA_NOW = AT
    with acme.scope():
        return make_deal(acme)


@pytest.fixture
def amara(acme):
    return acme.client("amara")


def page_paths(deal) -> list[str]:
    with_ids = (
        "customers/{account}/", "customers/{account}/edit/", "customers/{account}/contacts/new/",
        "opportunities/{opportunity}/", "opportunities/{opportunity}/edit/", "quotes/{quote}/",
        "quotes/{quote}/edit/", "quotes/{quote}/lines/new/", "quotes/lines/{line}/edit/",
        "quotes/lines/{fixed}/milestones/", "quotes/lines/{line}/estimate/expense/",
        "quotes/lines/{line}/estimate/time/", "quotes/estimate/{detail}/edit/",
    )  # fmt: skip
    values = {
        "account": deal.account.pk,
        "opportunity": deal.opportunity.pk,
        "quote": deal.quote.pk,
        "line": deal.build.pk,
        "fixed": deal.blueprint.pk,
        "detail": deal.build.details.order_by("pk").first().pk,
    }
    return [f"sales/{path.format(**values)}" for path in with_ids]


LISTS = ("customers", "opportunities", "pipeline", "quotes", "contracts")
NEW = ("customers/new", "opportunities/new")


def test_each_opens_for_the_owner(acme, deal, amara):
    with acme.scope():
        paths = page_paths(deal)
    for path in [f"sales/{name}/" for name in (*LISTS, *NEW)] + paths:
        response = amara.get(acme.url(path))
        assert response.status_code == 200, path


def test_another_firm_s_records_are_not_found(acme, globex, deal):
    from psa.core.access.models import Role

    with acme.scope():
        paths = page_paths(deal)
    with globex.scope():
        rights = ["sales.view", "sales.manage", "sales.win", "pricing.view_cost_rates"]
        Role.objects.filter(code="administrator").update(permissions=rights)
    otto = globex.client("otto")
    for path in paths:
        assert otto.get(globex.url(path)).status_code == 404, path


@pytest.mark.parametrize("who", ["ben", "rae", "mei", "sam", "ada"])
def test_do_not_exist_for_who_has_no_part_in_sales(acme, deal, who):
    client = acme.client(who)
    with acme.scope():
        paths = page_paths(deal)
    for path in [*(f"sales/{name}/" for name in LISTS), *paths]:
        assert client.get(acme.url(path)).status_code == 404, path


def test_the_estimate_is_typed_in_the_grid_with_live_totals(acme, deal, amara):
    url = acme.url(f"sales/quotes/lines/{deal.blueprint.pk}/estimate/time/")
    answer = amara.post(
        url,
        {
            "grid": "1", "role": acme.roles["CO"].pk, "minutes": "7:30",
            "starts_on": FROM.isoformat(), "description": "",
        },
        HTTP_HX_REQUEST="true",
    )  # fmt: skip
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="quote">')
    with acme.scope():
        row = QuoteLineDetail.objects.get(line=deal.blueprint, role=acme.roles["CO"])
        assert row.minutes == 450
    answer = amara.post(
        acme.url(f"sales/quotes/estimate/{row.pk}/effort/"),
        {"minutes": "15"},
        HTTP_HX_REQUEST="true",
    )
    assert answer.status_code == 200
    with acme.scope():
        row.refresh_from_db()
        assert row.minutes == 900


def test_a_refused_row_says_why_and_changes_nothing(acme, deal, amara):
    with acme.scope():
        before = QuoteLineDetail.objects.count()
    answer = amara.post(
        acme.url(f"sales/quotes/lines/{deal.build.pk}/estimate/time/"),
        {"grid": "1", "role": "", "minutes": "8", "starts_on": FROM.isoformat()},
        HTTP_HX_REQUEST="true",
    )
    assert answer.status_code == 422
    assert "Choose the role" in answer.content.decode()
    with acme.scope():
        assert QuoteLineDetail.objects.count() == before


def test_win_from_the_browser(acme, deal, amara):
    sent = amara.post(
        acme.url(f"sales/quotes/{deal.quote.pk}/send/"),
        {"request_key": "k", "without_mail": "on"},
    )
    assert sent.status_code == 302
    page = amara.get(acme.url(f"sales/quotes/{deal.quote.pk}/")).content.decode()
    download = re.search(r'href="([^"]*/download/)"', page)
    assert download is not None
    pdf = amara.get(download[1])
    body = b"".join(pdf.streaming_content) if pdf.streaming else pdf.content
    assert body.startswith(b"%PDF")
    win = acme.url(f"lifecycle/quotes/{deal.quote.pk}/win/")
    asked = amara.get(win)
    assert asked.status_code == 200
    own = acme.resources.get("amara")  # who wins it manages it, unless they say otherwise
    assert asked.context["form"].initial["manager"] == (own.pk if own else None)
    refused = amara.post(
        win, {"won_on": "2026-07-09", "pricing_choice": "share_lists", "with_project": "on"}
    )
    assert refused.status_code == 422
    data = {
        "won_on": "2026-07-09", "pricing_choice": "share_lists", "with_project": "on",
        "project_name": "ERP", "manager": acme.resources["priya"].pk,
        "project_starts_on": "2026-08-01",
    }  # fmt: skip
    first = amara.post(win, data)
    second = amara.post(win, data)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    with acme.scope():
        contract = Contract.objects.get()
    for who in ("amara", "bill", "fay", "priya"):
        answer = acme.client(who).get(acme.url(f"sales/contracts/{contract.pk}/"))
        assert answer.status_code == 200, who


def test_the_pipeline_moves_by_a_button(acme, deal, amara):
    with acme.scope():
        from sales.models import OpportunityStage

        stage = OpportunityStage.objects.get(code="propose")
    answer = amara.post(
        acme.url(f"sales/opportunities/{deal.opportunity.pk}/move/?board"),
        {"stage": stage.pk},
        HTTP_HX_REQUEST="true",
    )
    assert answer.status_code == 200
    with acme.scope():
        assert Opportunity.objects.get().stage_id == stage.pk


def test_cost_and_margin_are_for_who_may_see_them(acme, deal):
    """Cost of the estimate is EUR 13,235.30; billing managers see prices and never that."""
    path = acme.url(f"sales/quotes/{deal.quote.pk}/")
    for who, sees in (("amara", True), ("fay", True), ("paul", True), ("bill", False)):
        text = acme.client(who).get(path).content.decode()
        assert ("13,235.30" in text) is sees, who
        assert ("Margin" in text) is sees, who
        assert "20,588.23" in text, who


def test_no_person_s_cost_is_in_a_quote(acme, deal, amara):
    text = amara.get(acme.url(f"sales/quotes/{deal.quote.pk}/")).content.decode()
    for name in ("Ben", "Bea"):
        assert f">{name}<" not in text


def test_another_account_manager_s_rows_are_hidden(acme, deal):
    from psa.core.access.models import Role

    with acme.scope():
        seller = Role.objects.get(code="account_manager")
        Role.objects.filter(code="team_member").update(permissions=seller.permissions)
        quote = Quote.objects.get()
    client = acme.client("ben")
    assert client.get(acme.url(f"sales/quotes/{quote.pk}/")).status_code == 404
    listed = client.get(acme.url("sales/opportunities/")).content.decode()
    assert "ERP core rollout" not in listed


@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_queries_for_many_rows(
    acme, deal, amara, name, django_assert_max_num_queries
):
    with acme.scope():
        for number in range(5):
            make_deal_named(acme, number)
    with django_assert_max_num_queries(20):
        assert amara.get(acme.url(f"sales/{name}/")).status_code == 200


def make_deal_named(acme, number: int) -> None:
    from tests.sales.scenario import make_opportunity

    make_opportunity(acme, name=["Aster", "Borealis", "Cinder", "Dune", "Ember"][number])
