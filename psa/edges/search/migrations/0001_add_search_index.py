"""The search index: derived rows that the database itself keeps, and the one function that reads it.

Why so: docs/adr/0024-search-in-the-database.md.
"""

from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension
from django.db import migrations

# Not a model: it is derived, so it belongs in no archive and is not written by the application.
ENTRIES = """
CREATE TABLE search_entry (
  tenant_id bigint NOT NULL REFERENCES tenancy_tenant (id),
  kind text NOT NULL,
  record_id bigint NOT NULL,
  code text NOT NULL,
  title text NOT NULL,
  words text NOT NULL,
  PRIMARY KEY (tenant_id, kind, record_id)
);
CREATE INDEX search_entry_code ON search_entry (tenant_id, kind, code text_pattern_ops);
CREATE INDEX search_entry_title ON search_entry (tenant_id, kind, title text_pattern_ops);
CREATE INDEX search_entry_words ON search_entry USING gin (tenant_id, kind, words gin_trgm_ops);
-- Not tenant_id: the removal of a firm counts rows by that name, and these go with the firm's own row.
CREATE TABLE search_word (
  firm_id bigint NOT NULL REFERENCES tenancy_tenant (id) ON DELETE CASCADE,
  word text NOT NULL,
  PRIMARY KEY (firm_id, word)
);
CREATE INDEX search_word_alike ON search_word USING gin (firm_id, word gin_trgm_ops);
ALTER TABLE search_word ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_word FORCE ROW LEVEL SECURITY;
CREATE POLICY search_word_tenant_rls ON search_word
  USING (firm_id = (SELECT NULLIF(current_setting('psa.tenant_id', true), '')::bigint))
  WITH CHECK (firm_id = (SELECT NULLIF(current_setting('psa.tenant_id', true), '')::bigint));
ALTER TABLE search_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY search_entry_tenant_rls ON search_entry
  USING (tenant_id = (SELECT NULLIF(current_setting('psa.tenant_id', true), '')::bigint))
  WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('psa.tenant_id', true), '')::bigint));
"""

# The firm's words, without those that hold a digit: what a slip of the finger is compared with.
# However many records there are, they are some ten thousand words.
LEARN = r"""
CREATE FUNCTION psa_learn_words(p_tenant bigint, p_words text) RETURNS void LANGUAGE sql
SET search_path = public, pg_temp AS $$
  INSERT INTO search_word (firm_id, word)
    SELECT DISTINCT p_tenant, word FROM regexp_split_to_table(p_words, '[^[:alpha:]]+') AS w (word)
     WHERE length(word) BETWEEN 4 AND 40
    ON CONFLICT DO NOTHING
$$;
"""

# Lower case without accents: "Müller" is found by "muller" and "MULLER".
FOLD = r"""
CREATE FUNCTION psa_fold(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(lower(regexp_replace(normalize(coalesce(p_text, ''), NFKD),
                                      U&'[\0300-\036F]', '', 'g')), 'ß', 'ss')
$$;
"""

# TG_ARGV: kind, column of the code (or ''), column of the title, further columns.
KEEP = """
CREATE FUNCTION psa_keep_search_entry() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
  was jsonb;
  is_now jsonb;
  new_code text;
  new_title text;
  new_words text;
  named text;
  changed boolean := TG_OP <> 'UPDATE';
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM search_entry
     WHERE tenant_id = OLD.tenant_id AND kind = TG_ARGV[0] AND record_id = OLD.id;
    RETURN NULL;
  END IF;
  is_now := to_jsonb(NEW);
  IF TG_OP = 'UPDATE' THEN
    was := to_jsonb(OLD);
    FOREACH named IN ARRAY TG_ARGV[1:] LOOP
      changed := changed OR was ->> named IS DISTINCT FROM is_now ->> named;
    END LOOP;
    IF NOT changed THEN
      RETURN NULL;
    END IF;
  END IF;
  new_code := psa_fold(is_now ->> TG_ARGV[1]);
  new_title := psa_fold(is_now ->> TG_ARGV[2]);
  new_words := ' ' || new_title || ' ' || new_code;
  FOREACH named IN ARRAY TG_ARGV[3:] LOOP
    new_words := new_words || ' ' || psa_fold(is_now ->> named);
  END LOOP;
  INSERT INTO search_entry (tenant_id, kind, record_id, code, title, words)
    VALUES (NEW.tenant_id, TG_ARGV[0], NEW.id, new_code, new_title, left(new_words, 1000))
    ON CONFLICT (tenant_id, kind, record_id) DO UPDATE
      SET code = excluded.code, title = excluded.title, words = excluded.words;
  PERFORM psa_learn_words(NEW.tenant_id, new_words);
  RETURN NULL;
END $$;
"""

# Row security keeps trigram operators off every index, so this runs as a role that is above it,
# names the tenant itself, and returns numbers alone: which of them the asker may see is decided
# afterwards by the rooms' own visibility.
SEARCH = r"""
CREATE FUNCTION psa_like(p_word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT replace(replace(replace(p_word, '\', '\\'), '%', '\%'), '_', '\_')
$$;

-- Values stand in the text as literals, so that the planner sees the prefix and the words.
CREATE FUNCTION psa_search_sql(p_firm bigint, p_kinds text[], p_query text, p_words text, p_limit int)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format($q$
    SELECT k.kind, best.record_id, best.score
      FROM unnest(%1$L::text[]) AS k (kind)
      CROSS JOIN LATERAL (
        SELECT near.record_id,
               ((near.code = %2$L)::int * 4 + starts_with(near.code, %2$L)::int * 2
                + starts_with(near.title, %2$L)::int
                + (position(%2$L IN near.words) > 0)::int
                - length(near.words) * 0.0005)::real AS score
          FROM (
            (SELECT e.record_id, e.code, e.title, e.words FROM search_entry e
              WHERE e.tenant_id = %3$s AND e.kind = k.kind AND starts_with(e.code, %2$L)
              ORDER BY e.tenant_id, e.kind, e.code USING ~<~ LIMIT 100)
            UNION
            (SELECT e.record_id, e.code, e.title, e.words FROM search_entry e
              WHERE e.tenant_id = %3$s AND e.kind = k.kind AND starts_with(e.title, %2$L)
              ORDER BY e.tenant_id, e.kind, e.title USING ~<~ LIMIT 100)
            UNION
            (SELECT e.record_id, e.code, e.title, e.words FROM search_entry e
              WHERE e.tenant_id = %3$s AND e.kind = k.kind %4$s LIMIT 2000)
          ) near
         ORDER BY score DESC, near.record_id DESC
         LIMIT %5$s
      ) best
     ORDER BY best.score DESC$q$,
    p_kinds, p_query, p_firm, p_words, p_limit)
$$;

CREATE FUNCTION psa_search(p_query text, p_kinds text[], p_limit int)
RETURNS TABLE (kind text, record_id bigint, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET pg_trgm.similarity_threshold = 0.3
AS $$
DECLARE
  firm bigint := NULLIF(current_setting('psa.tenant_id', true), '')::bigint;
  folded text := left(btrim(regexp_replace(psa_fold(p_query), '\s+', ' ', 'g')), 100);
  most int := least(greatest(p_limit, 1), 2000);
  typed text;
  alike text[];
  exactly text := '';
  nearly text := '';
  meant text := '';
  answered int;
BEGIN
  IF firm IS NULL OR length(folded) < 2 THEN
    RETURN;
  END IF;
  FOREACH typed IN ARRAY (string_to_array(folded, ' '))[1:6] LOOP
    exactly := exactly || ' AND e.words LIKE ' || quote_literal(
      CASE WHEN length(typed) < 3 THEN '% ' ELSE '%' END || psa_like(typed) || '%');
  END LOOP;
  RETURN QUERY EXECUTE psa_search_sql(firm, p_kinds, folded, exactly, most);
  GET DIAGNOSTICS answered = ROW_COUNT;
  IF answered >= 5 THEN
    RETURN;
  END IF;
  -- Little or nothing: each word may be a slip for one that the firm uses.
  FOREACH typed IN ARRAY (string_to_array(folded, ' '))[1:6] LOOP
    alike := ARRAY[typed];
    IF typed ~ '^[[:alpha:]]{4,40}$' THEN
      SELECT array_agg(close.word ORDER BY close.likeness DESC) INTO alike FROM (
        SELECT w.word, similarity(w.word, typed) AS likeness
          FROM search_word w
         WHERE w.firm_id = firm AND w.word % typed AND abs(length(w.word) - length(typed)) <= 3
         ORDER BY likeness DESC LIMIT 3) close;
      alike := coalesce(alike, ARRAY[typed]);
    END IF;
    meant := meant || ' ' || alike[1];
    nearly := nearly || ' AND (' || (
      SELECT string_agg('e.words LIKE ' || quote_literal(
               CASE WHEN length(one) < 3 THEN '% ' ELSE '%' END || psa_like(one) || '%'), ' OR ')
        FROM unnest(alike) AS one) || ')';
  END LOOP;
  RETURN QUERY EXECUTE format(
    'SELECT kind, record_id, (score - 10)::real FROM (%s) slips',
    psa_search_sql(firm, p_kinds, btrim(meant), nearly, most));
END $$;
ALTER FUNCTION psa_search(text, text[], int) OWNER TO psa_search;
REVOKE ALL ON FUNCTION psa_search(text, text[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION psa_search(text, text[], int) TO psa_app, psa_owner;
"""

SOURCES = {
    "account": ("sales_account", "code", "name", "legal_name"),
    "contact": ("sales_contact", "", "name", "email", "job_title"),
    "opportunity": ("sales_opportunity", "number", "name"),
    "quote": ("sales_quote", "number", "number"),
    "contract": ("sales_contract", "number", "name", "po_number", "bill_to_name"),
    "project": ("projects_project", "code", "name"),
    "task": ("projects_task", "", "name", "external_reference"),
    "person": ("org_resource", "code", "name", "email"),
    "invoice": ("billing_invoice", "number", "number"),
    "proposal": ("billing_proposal", "number", "number"),
    "payment": ("billing_payment", "number", "number", "reference"),
    "expense_report": ("timeexpense_expensereport", "number", "title"),
    "user": ("access_membership", "", "name", "email"),
    "price_list": ("pricing_pricelist", "", "name"),
}


def triggers() -> str:
    return "".join(
        f"CREATE TRIGGER {table}_search AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION psa_keep_search_entry({', '.join(repr(a) for a in (kind, *columns))});"
        for kind, (table, *columns) in SOURCES.items()
    )


def no_triggers() -> str:
    return "".join(f"DROP TRIGGER {table}_search ON {table};" for table, *_ in SOURCES.values())


# What is there already, one tenant at a time: the owner is below row security too.
FILL = """
DO $$
DECLARE
  firm bigint;
BEGIN
  FOR firm IN SELECT id FROM tenancy_tenant LOOP
    PERFORM set_config('psa.tenant_id', firm::text, true);
    {inserts}
  END LOOP;
  PERFORM set_config('psa.tenant_id', '', true);
END $$;
"""
FILL_KIND = """
    INSERT INTO search_entry (tenant_id, kind, record_id, code, title, words)
      SELECT tenant_id, '{kind}', id, {code}, psa_fold({title}),
             left(' ' || psa_fold({title}) || ' ' || {code}{more}, 1000)
        FROM {table} WHERE tenant_id = firm ON CONFLICT DO NOTHING;"""
FILL_WORDS = """
    PERFORM psa_learn_words(firm, words) FROM search_entry WHERE tenant_id = firm;"""


def fill() -> str:
    inserts = []
    for kind, (table, code, title, *more) in SOURCES.items():
        folded_code = f"psa_fold({code})" if code else "''"
        rest = "".join(f" || ' ' || psa_fold({column})" for column in more)
        inserts.append(
            FILL_KIND.format(kind=kind, table=table, title=title, code=folded_code, more=rest)
        )
    return FILL.replace("{inserts}", "".join([*inserts, FILL_WORDS]))


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("tenancy", "0003_add_tenant_removal"),
        ("access", "0001_initial"),
        ("org", "0001_initial"),
        ("pricing", "0001_initial"),
        ("sales", "0001_initial"),
        ("projects", "0001_initial"),
        ("timeexpense", "0001_initial"),
        ("billing", "0003_add_invoice_approval"),
    ]
    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.RunSQL(ENTRIES, "DROP TABLE search_entry, search_word;"),
        migrations.RunSQL(FOLD, "DROP FUNCTION psa_fold(text);"),
        migrations.RunSQL(LEARN, "DROP FUNCTION psa_learn_words(bigint, text);"),
        migrations.RunSQL(KEEP, "DROP FUNCTION psa_keep_search_entry();"),
        migrations.RunSQL(
            SEARCH,
            "DROP FUNCTION psa_search(text, text[], int), psa_like(text), "
            "psa_search_sql(bigint, text[], text, text, int);",
        ),
        migrations.RunSQL(fill(), migrations.RunSQL.noop),
        migrations.RunSQL(triggers(), no_triggers()),
    ]
