from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from psa.core.documents.models import Document
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.pricing.models import PriceLine
from sales.models import Opportunity, OpportunityStage, Quote, QuoteLine
from sales.quote_pdf import render
from sales.selectors import quotes as selectors
from sales.selectors.quote_documents import quote_document
from sales.services import accounts, estimates, opportunities, quotes, sending
from sales.services.estimates import DetailInput
from tests.factories import AT
from tests.sales.scenario import (
    FROM,
    account_facts,
    blueprint_terms,
    build_terms,
    make_deal,
    make_opportunity,
    milestones,
    support_terms,
)


def test_an_estimate_is_priced_in_the_quote_s_currency(acme):
    # GBP 125 and 62.50 an hour, at 0.85 GBP a euro.
    with acme.scope():
        row = make_deal(acme).build.details.get(role__code="SC")
        assert (row.bill_rate, row.cost_rate) == (Decimal("147.058824"), Decimal("73.529412"))
        assert (row.bill_amount, row.cost_amount) == (Decimal("14705.88"), Decimal("7352.94"))
        assert row.bill_trace is not None
        assert row.cost_trace is not None


def test_an_agreed_rate_needs_a_reason_and_keeps_the_list_rate(acme):
    with acme.scope():
        deal = make_deal(acme)
        detail = DetailInput(
            starts_on=FROM, role_id=acme.roles["SC"].pk, minutes=600, bill_rate=Decimal(120)
        )
        with pytest.raises(DomainError) as refused:
            estimates.add_detail(
                line_id=deal.build.pk, detail=detail, actor=acme.actors["amara"], at=AT
            )
        assert refused.value.field == "override_reason"
        row = estimates.add_detail(
            line_id=deal.build.pk,
            detail=replace(detail, override_reason="first project"),
            actor=acme.actors["amara"],
            at=AT,
        )
        assert row.bill_amount == 1200
        assert row.list_bill_rate == Decimal("147.058824")
        estimates.reprice_quote(quote_id=deal.quote.pk, actor=acme.actors["amara"], at=AT)
        row.refresh_from_db()
        assert row.bill_rate == 120


def test_pricing_anew_takes_the_lists_of_today(acme):
    with acme.scope():
        deal = make_deal(acme)
        PriceLine.objects.filter(price_list__context="sales", role=acme.roles["SC"]).update(
            value=1200
        )
        estimates.reprice_quote(quote_id=deal.quote.pk, actor=acme.actors["amara"], at=AT)
        row = deal.build.details.get(role__code="SC")
        assert row.bill_rate == Decimal("176.470588")
        deal.build.refresh_from_db()
        assert deal.build.value_amount == row.bill_amount + Decimal("5882.35")


def test_an_expense_is_charged_by_the_line_s_policy(acme):
    with acme.scope():
        deal = make_deal(acme)
        category = next(c for c in acme.categories.values() if c.transaction_class == "expense")
        quotes.edit_line(
            line_id=deal.build.pk,
            terms=build_terms(expense_policy="markup", expense_markup_percent=Decimal(10)),
            actor=acme.actors["amara"],
            at=AT,
        )
        row = estimates.add_detail(
            line_id=deal.build.pk,
            detail=DetailInput(
                starts_on=FROM,
                transaction_class="expense",
                category_id=category.pk,
                quantity=Decimal(3),
                cost_rate=Decimal(200),
            ),
            actor=acme.actors["amara"],
            at=AT,
        )
        assert (row.cost_amount, row.bill_amount) == (600, 660)


def test_what_has_no_price_is_never_zero_and_stops_the_sending(acme):
    with acme.scope():
        PriceLine.objects.filter(role=acme.roles["CO"], price_list__context="sales").delete()
        deal = make_deal(acme)
        row = deal.build.details.get(role__code="CO")
        assert row.bill_amount is None
        page = selectors.quote_page(actor=acme.actors["amara"], quote_id=deal.quote.pk)
        assert page.analysis.unpriced_rows == 1
        with pytest.raises(DomainError, match="without a price"):
            sending.send_quote(quote_id=deal.quote.pk, actor=acme.actors["amara"], at=AT)


def test_sending_freezes_a_pdf_and_the_quote(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        document = Document.objects.get(record_type="sales.Quote", record_id=deal.quote.pk)
        assert document.content_type == "application/pdf"
        assert deal.quote.status == "sent"
        with pytest.raises(Conflict, match="cannot be changed"):
            quotes.add_line(
                quote_id=deal.quote.pk,
                terms=blueprint_terms(),
                actor=acme.actors["amara"],
                at=AT,
            )


def test_the_document_says_terms_as_people_write_them_and_where_to_sign(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        document = quote_document(deal.quote)
        said = [words for line in document.lines for words in line.conditions]
        pages = PdfReader(BytesIO(render(document))).pages
        text = " ".join(page.extract_text() for page in pages)
    assert any(words.startswith("From 1 ") for words in said)
    assert not any("EUR" in words for words in said)
    assert "Signature" in text and f"accepts quote {deal.quote.number}" in text


def test_the_document_is_written_in_the_customer_s_language(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        deal.quote.opportunity.account.language = "de"
        document = quote_document(deal.quote)
        text = " ".join(p.extract_text() for p in PdfReader(BytesIO(render(document))).pages)
    assert any(words.startswith("Vom 1. ") for line in document.lines for words in line.conditions)
    for said in ("Angebot", "Was wir anbieten", "Nach Aufwand", "Summe ohne Steuer", "Unterschrift",
                 f"nimmt das Angebot {deal.quote.number}, Version 1 an."):  # fmt: skip
        assert said in text.replace("\n", " "), said
    assert "Signature" not in text and "Quantity" not in text


def test_a_revision_copies_everything_and_supersedes(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        copy = quotes.revise_quote(quote_id=deal.quote.pk, actor=acme.actors["amara"], at=AT)
        assert (copy.version, copy.status) == (2, "draft")
        assert Quote.objects.get(version=1).status == "superseded"
        assert [line.details.count() for line in copy.lines.order_by("position")] == [2, 1, 0]
        assert QuoteLine.objects.get(quote=copy, name="Blueprint").milestones.count() == 2
        quotes.edit_line(
            line_id=copy.lines.get(name="Support").pk,
            terms=support_terms(retainer_amount=Decimal(6000)),
            actor=acme.actors["amara"],
            at=AT,
        )
        compared = {
            row.name: row.change.amount
            for row in selectors.compare_versions(
                actor=acme.actors["amara"], quote_id=copy.pk, other_id=deal.quote.pk
            )
        }
        assert compared == {"Build": 0, "Blueprint": 0, "Support": 3000}


def test_milestones_have_to_sum(acme):
    with acme.scope():
        deal = make_deal(acme)
        with pytest.raises(DomainError, match="lack"):
            quotes.set_milestones(
                line_id=deal.blueprint.pk,
                milestones=milestones()[:1],
                actor=acme.actors["amara"],
                at=AT,
            )
        assert deal.blueprint.milestones.count() == 2


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (build_terms(name=" "), "name"),
        (build_terms(transaction_classes=()), "transaction_classes"),
        (build_terms(ends_on=date(2026, 7, 1)), "ends_on"),
        (build_terms(not_to_exceed_amount=Decimal(0)), "not_to_exceed_amount"),
        (blueprint_terms(value_amount=Decimal(0)), "value_amount"),
        (support_terms(retainer_amount=None), "retainer_amount"),
        (support_terms(retainer_overage_policy=""), "retainer_overage_policy"),
        (support_terms(ends_on=date(2026, 10, 15)), "ends_on"),
    ],
)
def test_terms_that_do_not_fit_are_refused_on_their_field(acme, terms, field):
    with acme.scope():
        deal = make_deal(acme)
        with pytest.raises(DomainError) as refused:
            quotes.add_line(quote_id=deal.quote.pk, terms=terms, actor=acme.actors["amara"], at=AT)
        assert refused.value.field == field


def test_an_estimate_is_required_before_propose(acme):
    with acme.scope():
        opportunity = make_opportunity(acme)
        propose = OpportunityStage.objects.get(code="propose")
        with pytest.raises(DomainError, match="no estimate"):
            opportunities.move_opportunity(
                opportunity_id=opportunity.pk,
                stage_id=propose.pk,
                actor=acme.actors["amara"],
                at=AT,
            )


def test_losing_needs_a_reason_and_closes_the_quotes(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        amara = acme.actors["amara"]
        with pytest.raises(DomainError):
            opportunities.lose_opportunity(
                opportunity_id=deal.opportunity.pk, reason=" ", actor=amara, at=AT
            )
        opportunities.lose_opportunity(
            opportunity_id=deal.opportunity.pk, reason="price", actor=amara, at=AT
        )
        assert Opportunity.objects.get().stage.code == "lost"
        assert Quote.objects.get().status == "lost"


def test_a_customer_entered_twice_is_warned_of(acme):
    with acme.scope():
        amara = acme.actors["amara"]
        accounts.create_account(facts=account_facts("Kessler GmbH"), actor=amara, at=AT)
        with pytest.raises(accounts.PossibleDuplicate, match="Kessler GmbH"):
            accounts.create_account(facts=account_facts("Kessler AG"), actor=amara, at=AT)
        accounts.create_account(
            facts=account_facts("Kessler AG"), is_no_duplicate=True, actor=amara, at=AT
        )


def test_a_stale_form_is_refused(acme):
    with acme.scope():
        amara = acme.actors["amara"]
        account = accounts.create_account(facts=account_facts(), actor=amara, at=AT)
        change = {"account_id": account.pk, "lock_version": 1, "actor": amara, "at": AT}
        accounts.edit_account(facts=account_facts("Kessler AG"), **change)
        with pytest.raises(Conflict, match="Somebody else"):
            accounts.edit_account(facts=account_facts("Kessler SE"), **change)


@pytest.mark.parametrize("who", ["priya", "ben", "rae", "bill", "fay", "paul", "ada", "mei", "sam"])
def test_only_who_manages_sales_changes_a_quote(acme, who):
    with acme.scope():
        deal = make_deal(acme)
        with pytest.raises((PermissionDenied, NotFound)):
            quotes.add_line(
                quote_id=deal.quote.pk, terms=blueprint_terms(), actor=acme.actors[who], at=AT
            )
