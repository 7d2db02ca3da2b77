"""Search by what begins with the query, then among the newest records, then everywhere.

A word that a hundred thousand records have made the database read the whole table once for each
kind, since it took so many matches to stand near its beginning: kinds without one were read to
their end. Now the trigram index alone is asked, and only when the steps before gave too little.
"""

from importlib import import_module

from django.db import migrations

FIRST = import_module("psa.edges.search.migrations.0001_add_search_index")

# Values stand in the text as literals, so that the planner sees the prefix and the words.
STEPWISE = r"""
CREATE OR REPLACE FUNCTION psa_search_sql(
  p_firm bigint, p_kinds text[], p_query text, p_words text, p_limit int)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format($q$
    SELECT k.kind, best.record_id, best.score
      FROM unnest(%1$L::text[]) AS k (kind)
      CROSS JOIN LATERAL (
        WITH begun AS MATERIALIZED (
          (SELECT e.record_id, e.code, e.title, e.words FROM search_entry e
            WHERE e.tenant_id = %3$s AND e.kind = k.kind AND starts_with(e.code, %2$L)
            ORDER BY e.tenant_id, e.kind, e.code USING ~<~ LIMIT 100)
          UNION
          (SELECT e.record_id, e.code, e.title, e.words FROM search_entry e
            WHERE e.tenant_id = %3$s AND e.kind = k.kind AND starts_with(e.title, %2$L)
            ORDER BY e.tenant_id, e.kind, e.title USING ~<~ LIMIT 100)
        ), newest AS MATERIALIZED (
          SELECT e.record_id, e.code, e.title, e.words FROM (
            SELECT n.record_id, n.code, n.title, n.words FROM search_entry n
             WHERE n.tenant_id = %3$s AND n.kind = k.kind
             ORDER BY n.tenant_id DESC, n.kind DESC, n.record_id DESC LIMIT 20000) e
           WHERE (SELECT count(*) FROM begun) < %5$s %4$s LIMIT 2000
        ), anywhere AS MATERIALIZED (
          SELECT e.record_id, e.code, e.title, e.words FROM search_entry e
           WHERE (SELECT count(*) FROM begun) + (SELECT count(*) FROM newest) < %5$s
             AND e.tenant_id = %3$s AND e.kind = k.kind %4$s LIMIT 2000
        )
        SELECT near.record_id,
               ((near.code = %2$L)::int * 4 + starts_with(near.code, %2$L)::int * 2
                + starts_with(near.title, %2$L)::int
                + (position(%2$L IN near.words) > 0)::int
                - length(near.words) * 0.0005)::real AS score
          FROM (TABLE begun UNION TABLE newest UNION TABLE anywhere) near
         ORDER BY score DESC, near.record_id DESC
         LIMIT %5$s
      ) best
     ORDER BY best.score DESC$q$,
    p_kinds, p_query, p_firm, p_words, p_limit)
$$;
ALTER FUNCTION psa_search(text, text[], int) SET enable_seqscan = off;
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0001_add_search_index")]
    operations = [
        migrations.RunSQL(
            STEPWISE,
            "DROP FUNCTION psa_search(text, text[], int), psa_like(text), "
            "psa_search_sql(bigint, text[], text, text, int);" + FIRST.SEARCH,
        )
    ]
