"""Whether a firm is a sample is said when it is made: a sample can be removed from its own pages."""

from django.db import migrations

KEEP = """
CREATE FUNCTION psa_keep_sample() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'sample_stays: whether a firm is a sample can not be changed'
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER tenant_sample_stays BEFORE UPDATE OF is_demo ON tenancy_tenant
  FOR EACH ROW WHEN (OLD.is_demo IS DISTINCT FROM NEW.is_demo) EXECUTE FUNCTION psa_keep_sample();
"""
LET_GO = """
DROP TRIGGER tenant_sample_stays ON tenancy_tenant;
DROP FUNCTION psa_keep_sample();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [migrations.RunSQL(KEEP, LET_GO)]
