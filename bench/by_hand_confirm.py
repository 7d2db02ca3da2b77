"""Confirming 20 invoices of 500 lines in hand-written SQL: actuals, links, documents and journals.

The statements of one transaction, on temporary tables that name what is confirmed.
"""

from datetime import timedelta

from django.db import connection

from psa.core.ledger.models import FiscalPeriod, PostingProfile
from psa.core.tenancy.scope import tenant_scope

from .firm import CUTOFF, NOW, Firm

STATEMENTS = (
    """
CREATE TEMPORARY TABLE bench_invoice ON COMMIT DROP AS
SELECT p.id AS proposal_id, p.contract_id, p.account_id, s.net, round(s.net * 0.10, 2) AS tax,
  s.project_id, nextval(pg_get_serial_sequence('billing_invoice', 'id')) AS id,
  nextval(pg_get_serial_sequence('ledger_journalentry', 'id')) AS entry_id,
  row_number() OVER (ORDER BY p.id) AS n
FROM billing_proposal p
JOIN (SELECT proposal_id, min(project_id) AS project_id, sum(amount) AS net
      FROM billing_proposalline WHERE tenant_id = %(t)s GROUP BY proposal_id) s
  ON s.proposal_id = p.id
WHERE p.tenant_id = %(t)s AND p.state = 'draft'
""",
    """
CREATE TEMPORARY TABLE bench_line ON COMMIT DROP AS
SELECT l.id AS proposal_line_id, l.actual_id, i.id AS invoice_id,
  nextval(pg_get_serial_sequence('billing_invoiceline', 'id')) AS id
FROM billing_proposalline l JOIN bench_invoice i ON i.proposal_id = l.proposal_id
WHERE l.tenant_id = %(t)s
""",
    "ANALYZE bench_line",
    """
WITH made AS (
INSERT INTO ledger_actual (
  tenant_id, recorded_at, recorded_by_id, batch_id, posted_on, period_id, actual_type, source_kind,
  source_id, revision, leg, reversal_of_id, amount, list_amount, entity_amount, tenant_amount,
  recoverable_tax, entity_recoverable_tax, minutes, quantity, work_on, legal_entity_id,
  contracting_unit_id, resourcing_unit_id, project_id, task_id, contract_id, contract_line_id,
  funding_source_id, account_id, resource_id, role_id, category_id, transaction_class, item,
  billing_type, unit, price, currency, entity_currency, entity_rate, entity_rate_on, posting_event,
  price_trace_id, description)
SELECT a.tenant_id, %(now)s, %(by)s, %(batch)s, %(on)s, %(period)s,
  CASE s.sign WHEN 1 THEN 'billed_sales' ELSE a.actual_type END,
  CASE s.sign WHEN 1 THEN 'invoice_line' ELSE 'reversal' END,
  CASE s.sign WHEN 1 THEN w.id ELSE a.id END, 1, 1, CASE s.sign WHEN -1 THEN a.id END,
  a.amount * s.sign, a.list_amount * s.sign, a.entity_amount * s.sign, a.tenant_amount * s.sign,
  0, 0, a.minutes * s.sign, a.quantity * s.sign, a.work_on, a.legal_entity_id,
  a.contracting_unit_id, a.resourcing_unit_id, a.project_id, a.task_id, a.contract_id,
  a.contract_line_id, a.funding_source_id, a.account_id, a.resource_id, a.role_id, a.category_id,
  a.transaction_class, a.item, a.billing_type, a.unit, a.price, a.currency, a.entity_currency,
  a.entity_rate, a.entity_rate_on, a.posting_event, a.price_trace_id, a.description
FROM bench_line w JOIN ledger_actual a ON a.tenant_id = %(t)s AND a.id = w.actual_id
CROSS JOIN (VALUES (-1), (1)) AS s(sign)
RETURNING id, source_kind, source_id)
INSERT INTO ledger_actuallink (tenant_id, kind, from_actual_id, to_actual_id)
SELECT %(t)s, 'billed', w.actual_id, m.id
FROM made m JOIN bench_line w ON w.id = m.source_id WHERE m.source_kind = 'invoice_line'
""",
    """
INSERT INTO ledger_journalentry (id, tenant_id, legal_entity_id, number, entry_on, period_id, event,
  source_kind, source_ref, description, is_closing, line_count, total, recorded_at, recorded_by_id)
SELECT entry_id, %(t)s, %(entity)s, 'S-J' || n, %(on)s, %(period)s, 'invoice', 'invoice', 'S-' || n,
  '', false, 3, net + tax, %(now)s, %(by)s FROM bench_invoice
""",
    """
INSERT INTO ledger_journalline (tenant_id, entry_id, position, account_id, debit, credit, currency,
  currency_amount, rate, project_id, contract_id, org_unit_id, customer_id, memo)
SELECT %(t)s, i.entry_id, k.position, k.account,
  CASE k.position WHEN 1 THEN i.net + i.tax ELSE 0 END,
  CASE k.position WHEN 2 THEN i.net WHEN 3 THEN i.tax ELSE 0 END, 'EUR',
  CASE k.position WHEN 1 THEN i.net + i.tax WHEN 2 THEN -i.net ELSE -i.tax END, 1,
  CASE k.position WHEN 2 THEN i.project_id END, i.contract_id, %(unit)s, i.account_id, k.memo
FROM bench_invoice i
CROSS JOIN (VALUES (1, %(receivable)s::bigint, 'receivable'), (2, %(revenue)s::bigint, 'revenue'),
                   (3, %(tax_payable)s::bigint, 'tax_payable')) AS k(position, account, memo)
""",
    """
INSERT INTO billing_invoice (id, tenant_id, kind, number, legal_entity_id, contract_id, account_id,
  proposal_id, issued_on, due_on, currency, net_amount, tax_amount, total_amount, entity_currency,
  entity_rate, entity_rate_on, entity_total_amount, entity_tax_amount, snapshot, reason,
  confirmed_at, confirmed_by_id, journal_entry_id)
SELECT id, %(t)s, 'invoice', 'S-' || n, %(entity)s, contract_id, account_id, proposal_id, %(on)s,
  %(due)s, 'EUR', net, tax, net + tax, 'EUR', 1, %(on)s, net + tax, tax, '{}', '', %(now)s, %(by)s,
  entry_id FROM bench_invoice
""",
    """
INSERT INTO billing_invoiceline (id, tenant_id, invoice_id, position, contract_line_id, actual_id,
  project_id, task_id, resource_id, role_id, category_id, transaction_class, work_on, description,
  minutes, quantity, unit, price, net_amount, tax_code_id)
SELECT w.id, p.tenant_id, w.invoice_id, p.position, p.contract_line_id, p.actual_id, p.project_id,
  p.task_id, p.resource_id, p.role_id, p.category_id, p.transaction_class, p.work_on, p.description,
  p.minutes, p.quantity, p.unit, p.price, p.amount, p.tax_code_id
FROM bench_line w JOIN billing_proposalline p ON p.tenant_id = %(t)s AND p.id = w.proposal_line_id
""",
    """
INSERT INTO billing_invoicetax (tenant_id, invoice_id, tax_code_id, name, tax_percent, net_amount,
  tax_amount, entity_tax_amount)
SELECT %(t)s, id, %(tax)s, 'Tax', 10, net, tax, tax FROM bench_invoice
""",
    """
INSERT INTO billing_invoicebalance (tenant_id, invoice_id, open_amount, open_entity_amount)
SELECT %(t)s, id, net + tax, net + tax FROM bench_invoice
""",
    """
UPDATE billing_proposal p SET state = 'confirmed', lock_version = lock_version + 1
FROM bench_invoice i WHERE p.tenant_id = %(t)s AND p.id = i.proposal_id
""",
)


def confirm(firm: Firm) -> None:
    """Invoice every draft of the firm, in one transaction."""
    with tenant_scope(firm.tenant.pk), connection.cursor() as cursor:
        accounts = dict(PostingProfile.objects.filter(event="").values_list("slot", "account_id"))
        period = FiscalPeriod.objects.get(starts_on__lte=CUTOFF, ends_on__gt=CUTOFF)
        cursor.execute(
            "INSERT INTO ledger_actualbatch (tenant_id, kind, recorded_at, recorded_by_id) "
            "VALUES (%s, 'invoice', %s, %s) RETURNING id",
            [firm.tenant.pk, NOW, firm.approver.membership_id],
        )
        values = {
            "t": firm.tenant.pk, "now": NOW, "by": firm.approver.membership_id,
            "batch": cursor.fetchone()[0], "on": CUTOFF, "due": CUTOFF + timedelta(days=30),
            "period": period.pk, "entity": firm.entity_id, "unit": firm.unit_id,
            "tax": firm.tax_code_id, "receivable": accounts["receivable"],
            "revenue": accounts["revenue"], "tax_payable": accounts["tax_payable"],
        }  # fmt: skip
        for statement in STATEMENTS:
            cursor.execute(statement, values if "%(" in statement else None)
