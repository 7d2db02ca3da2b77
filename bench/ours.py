"""The work as the application does it: through its services, every rule on."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import uuid4

from django.test import Client

from billing.models import Invoice
from billing.selectors import runs
from billing.services import billing_runs, invoices, proposals
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.pricing import owners
from psa.core.pricing import selectors as pricing
from psa.core.pricing.rules.resolution import resolve, resolve_many
from psa.core.tenancy.scope import tenant_scope
from psa.edges.api.services import tokens
from timeexpense.services import approvals, time_entries, weeks
from timeexpense.services.time_entries import TimeDraft

from .firm import CUTOFF, EMPLOYEES, FIRST_DAY, NOW, ROLES, Firm

CHUNK = 5000


def drafts(firm: Firm, count: int) -> list[TimeDraft]:
    """The data set's lines; beyond 10,000 the days repeat, so such runs keep to 24 hours a day."""
    projects = len(firm.projects)
    return [
        TimeDraft(
            resource_id=firm.resources[g % EMPLOYEES],
            project_id=firm.projects[g % projects],
            work_on=FIRST_DAY + timedelta(days=(g // EMPLOYEES) % 200),
            minutes=60 * (1 + g % 8) if count <= 10_000 else 30,
            role_id=firm.roles[(g % EMPLOYEES) % ROLES],
            description=f"Work {g}",
        )
        for g in range(count)
    ]


def enter(firm: Firm, lines: Sequence[TimeDraft]) -> list[int]:
    ids: list[int] = []
    for start in range(0, len(lines), CHUNK):
        with tenant_scope(firm.tenant.pk):
            for outcome in time_entries.enter_time(
                entries=lines[start : start + CHUNK], actor=firm.actor, at=NOW
            ):
                if outcome.entry_id is None:
                    raise SystemExit(f"a line was refused: {outcome.findings}")
                ids.append(outcome.entry_id)
    return ids


def import_by_api(firm: Firm, lines: Sequence[TimeDraft]) -> Callable[[], list[int]]:
    """The same lines over `/api/v1`: token, limits, key, JSON both ways, a result for each line."""
    with tenant_scope(firm.tenant.pk):
        member = access.add_member(
            tenant=firm.tenant, email=f"loader@{firm.tenant.slug}.example", name="Loader",
            role_codes=["administrator"], password="bench-loader-password",
        )  # fmt: skip
        token = tokens.create_personal_token(
            name="Bench", scopes=["time:write"], days=1, actor=actors.for_membership(member),
            at=datetime.now(tz=UTC),
        )  # fmt: skip
    client = Client(headers={"authorization": f"Bearer {token.text}", "host": "localhost"})
    bodies = [
        json.dumps({"lines": [_as_json(one) for one in lines[start : start + CHUNK]]})
        for start in range(0, len(lines), CHUNK)
    ]

    def call() -> list[int]:
        ids: list[int] = []
        for body in bodies:
            answer = client.post(
                "/api/v1/time-entries/import", body, content_type="application/json",
                headers={"idempotency-key": uuid4().hex},
            )  # fmt: skip
            told = answer.json()
            if answer.status_code != 200 or told["refused"]:
                raise SystemExit(f"a line was refused: {answer.content[:500]!r}")
            ids += [line["entry_id"] for line in told["lines"]]
        return ids

    return call


def _as_json(draft: TimeDraft) -> dict[str, object]:
    return {
        "resource_id": draft.resource_id, "project_id": draft.project_id,
        "work_on": draft.work_on.isoformat(), "minutes": draft.minutes, "role_id": draft.role_id,
        "description": draft.description, "client_key": str(uuid4()),
    }  # fmt: skip


def submit(firm: Firm, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), CHUNK):
        with tenant_scope(firm.tenant.pk):
            weeks.submit_entries(entry_ids=ids[start : start + CHUNK], actor=firm.actor, at=NOW)


def approve(firm: Firm, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), CHUNK):
        with tenant_scope(firm.tenant.pk):
            done = approvals.approve_entries(
                entries=[("time", i) for i in ids[start : start + CHUNK]],
                actor=firm.approver,
                at=NOW,
            )
            if done.refused:
                raise SystemExit(f"an approval was refused: {done.refused[0]}")


def draft_invoices(firm: Firm) -> list[int]:
    """As the billing run's workers do: part by part, each in a transaction of its own."""
    ids = []
    with tenant_scope(firm.tenant.pk):
        found = runs.contracts_with_unbilled(actor=firm.actor, cutoff_on=CUTOFF)
    for part in billing_runs.parts_of(found):
        with tenant_scope(firm.tenant.pk):
            for done in proposals.propose_for_contracts(
                contract_ids=part, cutoff_on=CUTOFF, run_key="bench", actor=firm.actor, at=NOW
            ):
                if done.refusal is not None:
                    raise SystemExit(f"a contract was refused: {done.refusal}")
                ids += [proposal.pk for proposal in done.drafts]
    return ids


def confirm(firm: Firm, proposal_ids: Sequence[int]) -> Decimal:
    total = Decimal(0)
    for proposal_id in proposal_ids:
        with tenant_scope(firm.tenant.pk):
            invoice: Invoice = invoices.post_invoice(
                proposal_id=proposal_id, invoiced_on=CUTOFF, at=NOW, actor=firm.actor
            )
            total += invoice.total_amount
    return total


def price_queries(firm: Firm, count: int) -> list[object]:
    """Questions as a year of 5,000 people asks them: dates and pairs repeat."""
    rng = Random(1)
    chains = [
        owners.sales_owners(contract, firm.account_id, (firm.unit_id,))
        for contract in firm.contracts
    ]
    return [
        pricing.time_query(
            context="sales",
            on=FIRST_DAY + timedelta(days=rng.randrange(200)),
            owners=chains[g % len(chains)],
            role_id=firm.roles[g % ROLES],
            resourcing_unit_id=firm.unit_id,
            currency="EUR",
        )
        for g in range(count)
    ]


def price_many(firm: Firm, queries: Sequence[object]) -> Callable[[], object]:
    with tenant_scope(firm.tenant.pk):
        book = pricing.price_book(from_on=FIRST_DAY, until_on=CUTOFF)
    return lambda: resolve_many(book, queries)  # type: ignore[arg-type]


def price_one(firm: Firm, query: object) -> Callable[[], object]:
    with tenant_scope(firm.tenant.pk):
        book = pricing.price_book(from_on=FIRST_DAY, until_on=CUTOFF)
    return lambda: resolve(book, query)  # type: ignore[arg-type]
