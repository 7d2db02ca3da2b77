"""What the database needs before any table: an extension, the refusal of change, the cache table."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

REFUSE_CHANGE = """
CREATE FUNCTION psa_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append_only: % of % is refused; correct by reversal', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;
"""

WEB_CACHE = """
CREATE TABLE web_cache (
  cache_key varchar(255) PRIMARY KEY,
  value text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX web_cache_expires ON web_cache (expires);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION psa_refuse_change();"),
        migrations.RunSQL(WEB_CACHE, "DROP TABLE web_cache;"),
    ]
