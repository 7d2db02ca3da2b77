"""Pages of the firm's policy: parameters, decision log, manual controls."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from psa.core.audit.models import AuditEntry
from psa.core.org.models import ManualControl, ParameterDecision, TenantParameters
from psa.core.org.rules.parameters import BY_NAME, GROUPS, UNENFORCED
from tests.edges.setup.test_pages import parameter_values
from tests.factories import Firm, make_firm

DECISION = {
    "parameter": "fx_policy",
    "asked": "Which rate converts a price?",
    "considered": "A rate fixed for the contract.",
    "decided": "Spot",
    "why": "Customers pay in their own currency.",
    "decided_by": "The board",
    "decided_on": "2026-07-01",
}


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm()


def test_shows_every_parameter_with_its_sentence_and_its_safe_default(acme: Firm) -> None:
    page = acme.client("ada").get(acme.url("setup/parameters/")).content.decode()
    with acme.scope():
        row = TenantParameters.objects.get()
    for group in GROUPS:
        assert f"<h2>{group.title}</h2>" in page
    for name, parameter in BY_NAME.items():
        assert f'name="{name}"' in page
        assert parameter.changes.endswith(".")
        value = getattr(row, name)
        if parameter.kind == "yes_no":
            assert value == (parameter.default == "on"), name
        elif isinstance(value, int | Decimal):
            assert value == Decimal(parameter.default), name
        else:
            assert value == parameter.default, name


def test_keeps_columns_and_parameters_in_step() -> None:
    """A column that no parameter shows is one that nothing obeys yet, and is a manual control."""
    columns = {field.name for field in TenantParameters._meta.fields} - {"id", "tenant"}
    by_other_pages = {"deployment_model", "books_begin_on", "defaults_version"}
    assert columns - BY_NAME.keys() == {"time_entry_mode"} | by_other_pages
    assert "time_entry_mode" in {one.code for one in UNENFORCED}


def test_tells_the_history_in_words(acme: Firm) -> None:
    ada = acme.client("ada")
    url = acme.url("setup/parameters/")
    values = parameter_values(ada.get(url).content.decode())
    changed = {
        **values,
        "submission_deadline_weekday": "0",
        "submission_deadline_minute": "12:30",
        "billing_cutoff": "today",
        "rule_duplicate_entry": "block",
    }
    assert ada.post(url, changed).status_code == 302
    page = ada.get(url).content.decode()
    assert "Weeks are due on from Friday to Monday" in page
    assert "Due at from 17:00 to 12:30" in page
    assert "Billing cut-off from End of last month to Today" in page
    assert "The same entry twice from warn to block" in page


def test_refuses_red_below_amber(acme: Firm) -> None:
    ada = acme.client("ada")
    url = acme.url("setup/parameters/")
    values = parameter_values(ada.get(url).content.decode())
    refused = ada.post(url, {**values, "eac_red_percent": "5"})
    assert refused.status_code == 422
    assert "Red has to start above amber." in refused.content.decode()


def test_logs_a_decision_for_good(acme: Firm) -> None:
    ada = acme.client("ada")
    assert ada.post(acme.url("setup/decisions/new/"), DECISION).status_code == 302
    page = ada.get(acme.url("setup/decisions/")).content.decode()
    assert "Exchange rates" in page
    assert "The board" in page
    with acme.scope():
        row = ParameterDecision.objects.get()
        assert row.decided_on == date(2026, 7, 1)
        assert AuditEntry.objects.filter(event="org.parameter_decided").count() == 1
    detail = ada.get(acme.url(f"setup/decisions/{row.pk}/")).content.decode()
    assert "A rate fixed for the contract." in detail


@pytest.mark.parametrize(
    ("field", "value"),
    [("parameter", "weather"), ("why", "  "), ("decided_on", "2999-01-01"), ("asked", "")],
)
def test_refuses_half_a_decision(acme: Firm, field: str, value: str) -> None:
    refused = acme.client("ada").post(acme.url("setup/decisions/new/"), {**DECISION, field: value})
    assert refused.status_code == 422
    with acme.scope():
        assert not ParameterDecision.objects.exists()


def test_lists_what_nothing_enforces_and_takes_finances_word(acme: Firm) -> None:
    ada, fay = acme.client("ada"), acme.client("fay")
    page = fay.get(acme.url("setup/controls/")).content.decode()
    for one in UNENFORCED:
        assert escape(one.policy_rule) in page
    with acme.scope():
        control = ManualControl.objects.get(code="intercompany")
    acknowledge = acme.url(f"setup/controls/{control.pk}/acknowledge/")
    assert fay.post(acknowledge).status_code == 422  # nobody checks it yet
    values = {
        "policy_rule": control.policy_rule,
        "check_text": control.check_text,
        "frequency": "monthly",
        "owner": acme.actors["fay"].membership_id,
        "is_active": "on",
    }
    edit = acme.url(f"setup/controls/{control.pk}/")
    assert ada.post(edit, values).status_code == 302
    assert ada.post(acknowledge).status_code == 404  # an administrator is not Finance
    assert fay.post(acknowledge).status_code == 302
    assert fay.post(acknowledge).status_code == 422
    with acme.scope():
        assert ManualControl.objects.get(pk=control.pk).acknowledged_by_id == (
            acme.actors["fay"].membership_id
        )
    assert ada.post(edit, {**values, "frequency": "weekly"}).status_code == 302
    with acme.scope():
        assert ManualControl.objects.get(pk=control.pk).acknowledged_at is None


@pytest.mark.parametrize("name", ["ben", "priya", "amara"])
def test_does_not_exist_for_others(acme: Firm, name: str) -> None:
    client = acme.client(name)
    for path in ("decisions/", "decisions/new/", "controls/", "controls/new/", "parameters/"):
        assert client.get(acme.url(f"setup/{path}")).status_code == 404, path


def test_asks_as_many_queries_for_two_decisions_as_for_one(acme: Firm) -> None:
    ada = acme.client("ada")
    counts = []
    for _ in range(2):
        ada.post(acme.url("setup/decisions/new/"), DECISION)
        ada.get(acme.url("setup/decisions/"))
        with CaptureQueriesContext(connection) as asked:
            ada.get(acme.url("setup/decisions/"))
        counts.append(len(asked))
    assert counts[1] <= counts[0]
