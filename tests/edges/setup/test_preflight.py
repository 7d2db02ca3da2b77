"""The preflight runs the whole chain in the tenant, undoes it whole, and names what stops it."""

from collections.abc import Callable, Sequence

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection

from billing.models import InvoiceApprovalRule, TaxCode
from psa.core.errors import PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk
from psa.core.ledger.models import FiscalPeriod, PostingProfile
from psa.core.org.models import JobRole, Resource, TenantParameters
from psa.core.pricing.models import PriceLine
from psa.core.tenancy.models import TenantModel
from psa.edges.setup.preflight import running
from psa.edges.setup.preflight.people import inactive_people
from psa.edges.setup.preflight.rehearsal import SAMPLES, Outcome, rehearse
from tests.factories import AT, Firm

ALL_STEPS = 10


def run(firm: Firm, sample: str, entity: str = "UK") -> Outcome:
    with firm.scope():
        return rehearse(
            entity_id=firm.entities[entity].pk, sample=sample, tenant_id=firm.tenant.pk, at=AT
        )


def counts() -> dict[str, int]:
    """How many rows each table of the tenant has."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if issubclass(model, TenantModel)
    }


OWN = [key for key, sample in SAMPLES.items() if not sample.is_lent]


@pytest.mark.parametrize("sample", OWN)
def test_passes_from_contract_to_revenue(acme: Firm, sample: str) -> None:
    outcome = run(acme, sample)
    assert outcome.passed, outcome
    assert outcome.steps_done == ALL_STEPS + (sample == "time")


def test_leaves_nothing_behind(acme: Firm) -> None:
    with acme.scope():
        before = counts()
    waiting = len(connection.run_on_commit)
    for sample in OWN:
        assert run(acme, sample).passed
    with acme.scope():
        assert counts() == before
    # Jobs, documents and mail leave on commit: what waited for the sample's is gone with it.
    assert len(connection.run_on_commit) == waiting
    assert mail.outbox == []


def _no_account(firm: Firm) -> None:
    PostingProfile.objects.filter(slot="receivable").delete()


def _no_price(firm: Firm) -> None:
    PriceLine.objects.filter(price_list__context="sales").delete()


def _no_cost(firm: Firm) -> None:
    PriceLine.objects.filter(price_list__context="cost").delete()


def _no_tax(firm: Firm) -> None:
    TaxCode.objects.filter(legal_entity=firm.entities["UK"]).update(is_default=False)


def _closed_period(firm: Firm) -> None:
    FiscalPeriod.objects.filter(
        legal_entity=firm.entities["UK"], starts_on__lte=AT.date(), ends_on__gt=AT.date()
    ).update(state="closed")


def _nobody(firm: Firm) -> None:
    JobRole.objects.update(billing_type="non_chargeable")


@pytest.mark.parametrize(
    ("plant", "step", "words", "url_name"),
    [
        (_no_account, "Confirm", "Add a posting profile for receivable", "setup:profile_list"),
        (_no_price, "Sell", "price", "pricing:list_list"),
        (_no_cost, "Sell", "price", "pricing:list_list"),
        (_no_tax, "Propose", "tax code", "setup:tax_code_list"),
        (_closed_period, "Confirm", "period", "ledger:period_list"),
        (_nobody, "People", "no bookable person in a chargeable role", "setup:person_list"),
    ],
)
def test_names_the_first_thing_that_would_fail(
    acme: Firm, plant: Callable[[Firm], None], step: str, words: str, url_name: str
) -> None:
    with acme.scope():
        plant(acme)
        before = counts()
    outcome = run(acme, "time")
    assert (outcome.step, outcome.url_name) == (step, url_name), outcome
    assert words in outcome.reason
    with acme.scope():
        assert counts() == before


def test_names_an_entity_where_nobody_works(acme: Firm) -> None:
    outcome = run(acme, "time", "DE")
    assert "Acme GmbH has no bookable person" in outcome.reason


def test_passes_where_two_people_look_at_each_invoice(acme: Firm) -> None:
    with acme.scope():
        InvoiceApprovalRule.objects.create(tenant=acme.tenant, over_amount=0)
        TenantParameters.objects.update(budget_control="block", missing_price_policy="block")
    assert run(acme, "time").passed


def test_runs_as_a_job_with_its_findings(acme: Firm) -> None:
    ada = acme.client("ada")
    assert ada.post(acme.url("setup/preflight/start/")).status_code == 302
    with acme.scope():
        job = JobRun.objects.get(kind=running.KIND)
        ended = jobs.run_now(job.pk, at=AT)
        assert ended.state == JobRun.State.DONE
        assert (ended.done, ended.total) == (7, 7)
        assert ended.result["passed"] == 3
        assert ended.message.startswith("4 of 7 samples stop. First: Acme GmbH has no bookable")
    page = ada.get(acme.url("setup/preflight/")).content.decode()
    assert "On day one this would fail first" in page
    assert acme.url("setup/people/") in page
    assert "Passes" in page


def test_is_the_administrators_to_start(acme: Firm) -> None:
    assert acme.client("fay").get(acme.url("setup/preflight/")).status_code == 404
    with acme.scope(), pytest.raises(PermissionDenied):
        running.start_preflight(actor=acme.actors["fay"], at=AT)


def lend(firm: Firm) -> None:
    """Ben works for the German entity."""
    Resource.objects.filter(pk=firm.resources["ben"].pk).update(org_unit=firm.units["DE"])


def test_passes_with_work_by_somebody_of_another_entity(acme: Firm) -> None:
    with acme.scope():
        lend(acme)
        before = counts()
    outcome = run(acme, "lent")
    assert outcome.passed, outcome
    assert outcome.steps_done == ALL_STEPS
    with acme.scope():
        assert counts() == before


def test_plans_intercompany_only_where_somebody_can_be_lent(acme: Firm) -> None:
    with acme.scope():
        alone = running.plan(arguments={}, actor=acme.actors["ada"], at=AT)
        lend(acme)
        lent = running.plan(arguments={}, actor=acme.actors["ada"], at=AT)

    def entities(chunks: Sequence[Chunk]) -> set[int]:
        return {c.arguments["entity_id"] for c in chunks if c.arguments["sample"] == "lent"}

    assert entities(alone) == {acme.entities["DE"].pk}
    assert entities(lent) == {acme.entities["DE"].pk, acme.entities["UK"].pk}


def test_lists_whom_it_passes_over_and_why(acme: Firm) -> None:
    with acme.scope():
        ben, mei = acme.resources["ben"], acme.resources["priya"]
        Resource.objects.filter(pk=ben.pk).update(employed_until=AT.date())
        Resource.objects.filter(pk=mei.pk).update(is_bookable=False)
        found = {one.resource_id: one.why for one in inactive_people(as_of=AT.date())}
    assert (found[ben.pk], found[mei.pk]) == ("Has left", "Is not bookable")
    page = acme.client("ada").get(acme.url("setup/preflight/")).content.decode()
    assert "People passed over" in page and "Has left" in page
