"""Two firms side by side: the same for the same seed, and no word of one is seen in the other."""

import hashlib
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from itertools import islice

import pytest
from django.apps import apps
from django.db import models
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from psa.core.access.models import User
from psa.core.tenancy.models import Tenant, TenantModel
from psa.core.tenancy.scope import tenant_scope
from psa.edges.demo.pair import (
    NOT_WORDS,
    PASSWORD,
    WORDS,
    Pair,
    is_append_only,
    seed_pair,
    words_of,
)
from psa.edges.operations.services import exporting
from psa.edges.operations.tenant_tables import tenant_tables
from tests.database import fresh_database, kept_scene

AT = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)

# Text that programs read: codes, numbers, keys, hashes, names of kinds, units, currencies, zones.
CODED = frozenset(
    {
        *("code", "number", "key", "run_key", "request_key", "sha256", "document_sha256", "digest"),
        *(
            "currency",
            "entity_currency",
            "paid_currency",
            "from_currency",
            "to_currency",
            "fx_base_currency",
        ),
        *("country", "subdivision", "locale", "time_zone", "email", "recipient", "path"),
        "reply_to",
        *("bill_to_email",),
        *("unit", "time_unit", "bill_rate_unit", "item", "dimensions", "context", "rate_type"),
        *("kind", "entry_kind", "source_kind", "holder_kind", "owner_kind", "record_type"),
        *("event", "posting_event", "via", "level", "slot", "document_type", "content_type"),
        *("actual_type", "billing_type", "transaction_class", "tax_code", "outline", "activity"),
        *("state", "from_state", "to_state", "decision", "format", "seniority", "work_location"),
        *("fx_policy", "late_work_policy", "missing_price_policy", "deployment_model", "mode"),
        *("time_entry_mode", "budget_control", "invoice_prefix", "invoice_frequency", "detail"),
        *("retainer_overage_policy", "retainer_underuse_policy", "expense_policy", "remainder"),
        *("supply", "measure", "overage_policy", "underuse_policy"),
        *("parameter", "billing_cutoff", "trigger", "approver_role", "field", "operator", "value"),
        *("occurrence", "url_name", "gate", "fingerprint"),
        *(
            "nonce",
            "issuer",
            "client_id",
            "sealed_secret",
            "sealed_url",
            "host",
            "sealed_auth_secret",
            "domain",
            "list_key",
            "query",
            "language",
        ),
        *("profile", "ending", "etag", "url", "secret", "health"),
        *("recognition_method", "revenue_account_code", "cost_account_code", "source_ref"),
        *("bank_iban", "bank_bic", "storage_path", "payment_method", "outcome", "error"),
        *("self_booking", "overbooking", "endpoint", "public_key", "auth_secret", "failure"),
        *("scheme", "sealed_number", "number_end", "bic", "distance_spans", "first_day_part"),
        *("last_day_part", "meals", "refusal"),
        *("dimension", "consultant_number", "client_number", "closing_rate_type"),
        # Of the published tables of rates, which every firm gets alike.
        *("vehicle", "place"),
        # The trail's sentences are made of the words of what they tell of; so is how an amount came.
        *("sentence", "calculation"),
    }
)
# Made by the application from names and figures; a marked one has marked names in it.
COMPOSED = frozenset({"summary", "message"})


@pytest.fixture
def pair(committed_database: str) -> Pair:
    return kept_scene(_pair)


def _pair() -> Pair:
    return seed_pair(seed=7, at=AT)


def test_every_text_field_is_words_or_is_coded() -> None:
    """A new text field is one or the other: say which, in the pair's WORDS or in CODED here."""
    neither = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.local_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in WORDS | CODED
        and (model._meta.label, field.name) not in NOT_WORDS
    ]
    assert neither == []


def test_every_word_of_the_marked_firm_carries_the_marker(pair: Pair) -> None:
    tenant = Tenant.objects.get(slug="marked-7")
    assert pair.marker in tenant.name
    found = 0
    with tenant_scope(tenant.pk):
        for model in apps.get_models():
            if not issubclass(model, TenantModel):
                continue
            for field in words_of(model):
                rows = model._default_manager.all()
                if is_append_only(model):
                    rows = rows.exclude(**{field.name: ""})
                without = rows.exclude(**{f"{field.name}__contains": pair.marker})
                if is_append_only(model) and field.name != "name":
                    continue
                assert not without.exists(), (model._meta.label, field.name)
                found += rows.count()
    assert found > 200


def test_has_a_login_for_each_role_and_work_of_each_kind(pair: Pair) -> None:
    assert len({login.role for login in pair.logins}) >= 10
    for login in pair.logins:
        assert User.objects.get(email=login.email).check_password(PASSWORD)
    with tenant_scope(Tenant.objects.get(slug="marked-7").pk):
        empty = [
            label
            for label in (
                *("sales.Quote", "sales.Contract", "projects.Task", "timeexpense.TimeEntry"),
                *("timeexpense.ExpenseEntry", "documents.Document", "ledger.Actual"),
                *("ledger.JournalLine", "billing.Invoice", "billing.Payment", "billing.Proposal"),
                *("revenue.RevenueEstimate", "notifications.Notification", "audit.AuditEntry"),
            )
            if not apps.get_model(label)._default_manager.exists()
        ]
    assert empty == []


@pytest.mark.empty_database
def test_the_same_seed_and_date_make_the_same_firms(
    committed_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    pair = seed_pair(seed=7, at=AT)
    first = _fingerprints()
    assert seed_pair(seed=7, at=AT) == pair
    assert _fingerprints() == first
    with fresh_database(django_db_blocker, empty=True):
        assert seed_pair(seed=7, at=AT) == pair
        assert _fingerprints() == first
    with fresh_database(django_db_blocker, empty=True):
        seed_pair(seed=8, at=AT)
        other = _fingerprints()
    assert other["ledger_actual plain"] != first["ledger_actual plain"]


def test_nothing_of_the_marked_firm_shows_in_the_other(pair: Pair) -> None:
    assert _opened_without_marker(pair, {"finance_manager"}, most=120) == 120


@pytest.mark.proof
def test_nothing_of_the_marked_firm_shows_to_anybody_in_the_other(pair: Pair) -> None:
    assert _opened_without_marker(pair, {login.role for login in pair.logins}) > 150


def _opened_without_marker(pair: Pair, roles: set[str], most: int | None = None) -> int:
    """How many addresses of the plain firm were read by these roles; the marker is on none.

    A role reads `most` of them, and all of them in the proof.
    """
    opened = 0
    for login in pair.logins:
        if not login.slug.startswith("plain") or login.role not in roles:
            continue
        client = Client()
        client.force_login(
            User.objects.get(email=login.email), "django.contrib.auth.backends.ModelBackend"
        )
        for path, text in islice(_crawl(client, f"/{login.slug}/"), most):
            opened += 1
            for echo in (f"“{pair.marker}”", f'value="{pair.marker}"', f"q={pair.marker}"):
                text = text.replace(echo, "")
            assert pair.marker not in text, (login.role, path)
        refused = client.get("/marked-7/")
        assert refused.status_code == 404
        assert pair.marker not in refused.content.decode()
    return opened


def test_the_marked_firm_shows_it(pair: Pair) -> None:
    client = Client()
    client.force_login(
        User.objects.get(email="finance.manager@marked-7.example"),
        "django.contrib.auth.backends.ModelBackend",
    )
    marked = (path for path, text in _crawl(client, "/marked-7/") if pair.marker in text)
    assert len(list(islice(marked, 20))) == 20


def _crawl(client: Client, start: str) -> Iterator[tuple[str, str]]:
    """Every page that links lead to from `start`, each list's export and a search; address, text.

    One record of a kind stands for all: lists differ by their rows, not by their template.
    """
    waiting, seen = deque([start]), {start}
    while waiting:
        path = waiting.popleft()
        answer = client.get(path)
        assert answer.status_code < 500, path
        text = _text(answer)
        if answer.status_code >= 400 or "html" not in answer["Content-Type"]:
            if answer.status_code < 300:
                yield path, text
            continue
        yield path, text
        if "?" not in path:
            for way in ("?q=XMARK7X", "?export=csv"):
                yield path + way, _text(client.get(path + way))
        for link in re.findall(r'(?:href|hx-get)="([^"#]+)', text):
            target = unescape(link)
            shape = re.sub(r"\d+", "0", target)
            if target.startswith(start) and shape not in seen and "sign-out" not in target:
                seen.add(shape)
                waiting.append(target)


def _text(answer: HttpResponse | StreamingHttpResponse) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")


def _fingerprints() -> dict[str, str]:
    """A hash of each table of each firm, as an archive would hold it."""
    found = {}
    for tenant in Tenant.objects.order_by("slug"):
        with tenant_scope(tenant.pk):
            for table in tenant_tables():
                if table.name == "audit_auditentry":
                    continue  # the trail keeps the real clock beside the business date
                digest = hashlib.sha256(b"".join(exporting.csv_of(table, tenant.pk)))
                found[f"{table.name} {tenant.slug.partition('-')[0]}"] = digest.hexdigest()
    return found
