"""The same effect in hand-written SQL, on the same tables, as the same role, per tenant.

Only what the database must be told: no rules, no messages, no price look-up beyond one join.
"""

from datetime import timedelta
from decimal import Decimal
from random import Random

from django.db import connection

from psa.core.tenancy.scope import tenant_scope

from .firm import CUTOFF, EMPLOYEES, FIRST_DAY, NOW, ROLES, Firm

ENTER = """
INSERT INTO timeexpense_timeentry (tenant_id, resource_id, project_id, role_id, work_on, minutes,
  billing_type, description, internal_note, state, revision, return_reason, blocked_reason, flags,
  recall_reason, lock_version, activity, billable_reason)
SELECT %(t)s, (%(resources)s::bigint[])[g %% %(employees)s + 1],
  (%(projects)s::bigint[])[g %% %(project_count)s + 1],
  (%(roles)s::bigint[])[(g %% %(employees)s) %% %(role_count)s + 1],
  %(first)s::date + ((g / %(employees)s) %% 200)::int,
  CASE WHEN %(n)s <= 10000 THEN 60 * (1 + g %% 8) ELSE 30 END,
  '', 'Work ' || g, '', 'submitted', 1, '', '', '[]', '', 1, '', ''
FROM generate_series(0, %(n)s - 1) AS g
"""
APPROVE_ACTUALS = """
INSERT INTO ledger_actual (tenant_id, actual_type, work_on, posted_on, recorded_at, period_id,
  legal_entity_id, contracting_unit_id, resourcing_unit_id, project_id, contract_id,
  contract_line_id, account_id, resource_id, role_id, transaction_class, item, billing_type,
  minutes, unit, price, currency, amount, list_amount, entity_currency, entity_rate,
  entity_rate_on, entity_amount, tenant_amount, recoverable_tax, entity_recoverable_tax,
  posting_event, source_kind, source_id, revision, leg, batch_id, recorded_by_id, description)
SELECT e.tenant_id, k.kind, e.work_on, e.work_on, %(now)s, p.id, %(entity)s, %(unit)s, %(unit)s,
  e.project_id, j.contract_id, cl.id, %(account)s, e.resource_id, e.role_id, 'time', '',
  'chargeable', e.minutes, 'hour', pl.value, 'EUR', round(pl.value * e.minutes / 60, 2),
  round(pl.value * e.minutes / 60, 2), 'EUR', 1, e.work_on, round(pl.value * e.minutes / 60, 2),
  round(pl.value * e.minutes / 60, 2), 0, 0, CASE k.kind WHEN 'cost' THEN 'time_cost' ELSE '' END,
  'time_entry', e.id, 1, 1, %(batch)s, %(by)s, e.description
FROM timeexpense_timeentry e
CROSS JOIN (VALUES ('cost', 'cost'), ('unbilled_sales', 'sales')) AS k(kind, context)
JOIN projects_project j ON j.tenant_id = e.tenant_id AND j.id = e.project_id
JOIN sales_contractline cl ON cl.tenant_id = e.tenant_id AND cl.contract_id = j.contract_id
JOIN pricing_pricelist l ON l.tenant_id = e.tenant_id AND l.context = k.context
JOIN pricing_priceline pl ON pl.tenant_id = e.tenant_id AND pl.price_list_id = l.id
  AND pl.role_id = e.role_id
JOIN ledger_fiscalperiod p ON p.tenant_id = e.tenant_id
  AND e.work_on >= p.starts_on AND e.work_on < p.ends_on
WHERE e.tenant_id = %(t)s AND e.state = 'submitted'
"""
APPROVE_STATES = """
WITH decided AS (
  UPDATE timeexpense_timeentry SET state = 'approved', decided_at = %(now)s, decided_by_id = %(by)s,
    lock_version = lock_version + 1
  WHERE tenant_id = %(t)s AND state = 'submitted' RETURNING id, revision)
INSERT INTO timeexpense_approvaldecision (tenant_id, entry_kind, entry_id, revision, decision,
  decided_at, decided_by_id, reason, batch_id)
SELECT %(t)s, 'time', id, revision, 'approved', %(now)s, %(by)s, '', %(batch)s FROM decided
"""
DRAFT = """
WITH made AS (
  INSERT INTO billing_proposal (tenant_id, contract_id, account_id, legal_entity_id, currency, number,
    cutoff_on, state, run_key, created_at, note, lock_version)
  SELECT %(t)s, c.id, c.account_id, c.legal_entity_id, 'EUR', 'S-' || c.id, %(cutoff)s, 'draft',
    'sql', %(now)s, '', 1 FROM sales_contract c WHERE c.tenant_id = %(t)s RETURNING id, contract_id),
open_rows AS (
  SELECT a.*, m.id AS proposal_id,
    row_number() OVER (PARTITION BY m.id ORDER BY a.work_on, a.id) AS position
  FROM ledger_actual a JOIN made m ON m.contract_id = a.contract_id
  WHERE a.tenant_id = %(t)s AND a.actual_type = 'unbilled_sales' AND a.reversal_of_id IS NULL
    AND a.work_on <= %(cutoff)s
    AND NOT EXISTS (SELECT 1 FROM ledger_actualclaim k WHERE k.tenant_id = a.tenant_id
                    AND k.actual_id = a.id AND k.released_at IS NULL)),
lined AS (
  INSERT INTO billing_proposalline (tenant_id, proposal_id, position, actual_id, contract_line_id,
    project_id, resource_id, role_id, transaction_class, work_on, description, minutes, unit, price,
    original_amount, amount, treatment, remainder, reason, tax_code_id, flags)
  SELECT tenant_id, proposal_id, position, id, contract_line_id, project_id, resource_id, role_id,
    transaction_class, work_on, description, minutes, unit, price, amount, amount, 'chargeable',
    'write_off', '', %(tax)s, '[]' FROM open_rows)
INSERT INTO ledger_actualclaim (tenant_id, actual_id, holder_kind, holder_id)
SELECT tenant_id, id, 'proposal', proposal_id FROM open_rows
"""


def _parameters(firm: Firm, **more: object) -> dict[str, object]:
    return {
        "t": firm.tenant.pk, "now": NOW, "by": firm.approver.membership_id,
        "entity": firm.entity_id, "unit": firm.unit_id, "account": firm.account_id,
        "tax": firm.tax_code_id, "cutoff": CUTOFF, **more,
    }  # fmt: skip


def enter(firm: Firm, count: int) -> None:
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        cursor.execute(
            ENTER,
            {
                "t": firm.tenant.pk, "resources": firm.resources, "projects": firm.projects,
                "roles": firm.roles, "employees": EMPLOYEES, "role_count": ROLES, "n": count,
                "project_count": len(firm.projects), "first": FIRST_DAY,
            },
        )  # fmt: skip


def approve(firm: Firm) -> None:
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_actualbatch (tenant_id, kind, recorded_at, recorded_by_id) "
            "VALUES (%(t)s, 'sql', %(now)s, %(by)s) RETURNING id",
            _parameters(firm),
        )
        batch = cursor.fetchone()[0]
        cursor.execute(APPROVE_ACTUALS, _parameters(firm, batch=batch))
        cursor.execute(APPROVE_STATES, _parameters(firm, batch=batch))


def draft_invoices(firm: Firm) -> None:
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        cursor.execute(DRAFT, _parameters(firm))


def unbilled_total(firm: Firm) -> Decimal:
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM ledger_actual WHERE actual_type = 'unbilled_sales'")
        total: Decimal = cursor.fetchone()[0]
        return total


def invoiced_total(firm: Firm) -> Decimal:
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        cursor.execute("SELECT sum(total_amount) FROM billing_invoice")
        total: Decimal = cursor.fetchone()[0]
        return total


PRICE = """
SELECT count(pl.value)
FROM unnest(%(roles)s::bigint[], %(days)s::date[]) AS q(role_id, on_day)
JOIN pricing_pricelist l ON l.tenant_id = %(t)s AND l.context = 'sales' AND l.status = 'active'
  AND l.valid_from <= q.on_day AND (l.valid_until IS NULL OR l.valid_until > q.on_day)
JOIN pricing_priceline pl ON pl.tenant_id = l.tenant_id AND pl.price_list_id = l.id
  AND pl.role_id = q.role_id
"""


def price_many(firm: Firm, count: int) -> int:
    """One list, one line a role: the join alone, without order of owners, dimensions or trace."""
    rng = Random(1)
    roles = [firm.roles[g % ROLES] for g in range(count)]
    days = [FIRST_DAY + timedelta(days=rng.randrange(200)) for _ in range(count)]
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        cursor.execute(PRICE, {"t": firm.tenant.pk, "roles": roles, "days": days})
        found: int = cursor.fetchone()[0]
        return found
