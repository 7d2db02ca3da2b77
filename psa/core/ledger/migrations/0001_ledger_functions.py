"""Functions behind the triggers that guard actuals and journals."""

from django.db import migrations

CHECK_ACTUAL_PERIOD = """
CREATE FUNCTION psa_check_actual_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
  -- The share lock waits for a closing in progress, and makes a closing wait for us.
  PERFORM 1 FROM ledger_fiscalperiod p
    WHERE p.tenant_id IN (SELECT DISTINCT tenant_id FROM added)
      AND p.id IN (SELECT DISTINCT period_id FROM added)
    ORDER BY p.id FOR SHARE;
  SELECT a.posted_on, p.name, p.state INTO bad
    FROM (SELECT DISTINCT tenant_id, period_id, legal_entity_id, posted_on FROM added) a
    LEFT JOIN ledger_fiscalperiod p ON p.tenant_id = a.tenant_id AND p.id = a.period_id
    WHERE p.id IS NULL OR p.state <> 'open' OR p.legal_entity_id <> a.legal_entity_id
       OR a.posted_on < p.starts_on OR a.posted_on >= p.ends_on
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'period_not_open: actuals dated % can not be posted to period % (%)',
      bad.posted_on, bad.name, bad.state USING ERRCODE = 'check_violation',
      CONSTRAINT = 'actual_period_open';
  END IF;
  RETURN NULL;
END $$;
"""
CHECK_JOURNAL_PERIOD = """
CREATE FUNCTION psa_check_journal_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
  PERFORM 1 FROM ledger_fiscalperiod p
    WHERE p.tenant_id IN (SELECT DISTINCT tenant_id FROM added)
      AND p.id IN (SELECT DISTINCT period_id FROM added)
    ORDER BY p.id FOR SHARE;
  SELECT a.entry_on, p.name, p.state INTO bad
    FROM added a
    LEFT JOIN ledger_fiscalperiod p ON p.tenant_id = a.tenant_id AND p.id = a.period_id
    WHERE p.id IS NULL OR p.legal_entity_id <> a.legal_entity_id
       OR a.entry_on < p.starts_on OR a.entry_on >= p.ends_on
       OR NOT (p.state = 'open' OR (p.state = 'soft_closed' AND a.is_closing))
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'period_not_open: a journal dated % can not be posted to period % (%)',
      bad.entry_on, bad.name, bad.state USING ERRCODE = 'check_violation',
      CONSTRAINT = 'journal_period_open';
  END IF;
  RETURN NULL;
END $$;
"""
CHECK_JOURNAL_BALANCE = """
CREATE FUNCTION psa_check_journal_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n bigint; d numeric; c numeric;
BEGIN
  SELECT count(*), coalesce(sum(debit), 0), coalesce(sum(credit), 0) INTO n, d, c
    FROM ledger_journalline WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.id;
  IF n < 2 OR n <> NEW.line_count OR d <> c OR d <> NEW.total THEN
    RAISE EXCEPTION 'journal_unbalanced: entry % has % lines, debit %, credit %, declared % lines of %',
      NEW.number, n, d, c, NEW.line_count, NEW.total USING ERRCODE = 'check_violation',
      CONSTRAINT = 'journal_balances';
  END IF;
  RETURN NULL;
END $$;
"""
CHECK_JOURNAL_LINES = """
CREATE FUNCTION psa_check_journal_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad text;
BEGIN
  -- A complete entry takes no further line: its count was declared, and checked at its commit.
  SELECT e.number INTO bad
    FROM (SELECT DISTINCT tenant_id, entry_id FROM added) a
    JOIN ledger_journalentry e ON e.tenant_id = a.tenant_id AND e.id = a.entry_id
    WHERE e.line_count < (SELECT count(*) FROM ledger_journalline l
                           WHERE l.tenant_id = a.tenant_id AND l.entry_id = a.entry_id)
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal_complete: entry % is posted and takes no further line', bad
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_entry_complete';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(CHECK_ACTUAL_PERIOD, "DROP FUNCTION psa_check_actual_period();"),
        migrations.RunSQL(CHECK_JOURNAL_PERIOD, "DROP FUNCTION psa_check_journal_period();"),
        migrations.RunSQL(CHECK_JOURNAL_BALANCE, "DROP FUNCTION psa_check_journal_balance();"),
        migrations.RunSQL(CHECK_JOURNAL_LINES, "DROP FUNCTION psa_check_journal_lines();"),
    ]
