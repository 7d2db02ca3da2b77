"""Suspension, and the one exception to append-only: the removal of a whole tenant when it is due."""

from django.db import migrations, models

import psa.core.tenancy.constraints

# The roles and their rights are psa/embedded/database_grants.sql's; tables made before need these.
ERASER_RIGHTS = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'psa_eraser') THEN
    RAISE EXCEPTION 'The role psa_eraser is missing. As the database''s administrator: '
      'CREATE ROLE psa_eraser NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS; '
      'GRANT psa_eraser TO psa_owner; then run psa/embedded/database_grants.sql as psa_owner.';
  END IF;
END $$;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA public TO psa_eraser;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, DELETE ON TABLES TO psa_eraser;
"""
NO_ERASER_RIGHTS = """
REVOKE SELECT, DELETE ON ALL TABLES IN SCHEMA public FROM psa_eraser;
"""

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION psa_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Nobody signs in as this role: it is only what psa_remove_tenant runs as.
  IF TG_OP = 'DELETE' AND current_user = 'psa_eraser' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'append_only: % of % is refused; correct by reversal', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;
"""
REFUSE_EVERY_CHANGE = """
CREATE OR REPLACE FUNCTION psa_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append_only: % of % is refused; correct by reversal', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;
"""

REMOVE_TENANT = """
CREATE FUNCTION psa_remove_tenant(p_tenant bigint, p_tables text[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  firm record;
  one text;
  gone bigint;
  counts jsonb := '{}';
  any_left boolean;
BEGIN
  SELECT slug, name, status, removal_due_at INTO firm
    FROM tenancy_tenant WHERE id = p_tenant FOR UPDATE;
  IF NOT FOUND OR firm.status <> 'suspended' OR firm.removal_due_at IS NULL
     OR firm.removal_due_at > statement_timestamp() THEN
    RAISE EXCEPTION 'tenant_not_due: tenant % is not suspended with a removal that is due', p_tenant
      USING ERRCODE = 'check_violation', CONSTRAINT = 'tenant_removal_due';
  END IF;
  PERFORM set_config('psa.tenant_id', p_tenant::text, true);
  FOREACH one IN ARRAY p_tables LOOP
    EXECUTE format('DELETE FROM %I WHERE tenant_id = $1', one) USING p_tenant;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
      counts := counts || jsonb_build_object(one, gone);
    END IF;
  END LOOP;
  FOR one IN
    SELECT c.relname FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relkind = 'r'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE tenant_id = $1)', one)
      INTO any_left USING p_tenant;
    IF any_left THEN
      RAISE EXCEPTION 'tenant_rows_left: % still has rows of tenant %', one, p_tenant
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tenant_removal_whole';
    END IF;
  END LOOP;
  INSERT INTO tenancy_tenantremoval (slug, name, removed_at, removed_by, row_counts)
    VALUES (firm.slug, firm.name, statement_timestamp(), session_user, counts);
  DELETE FROM tenancy_tenant WHERE id = p_tenant;
  RETURN counts;
END $$;
ALTER FUNCTION psa_remove_tenant(bigint, text[]) OWNER TO psa_eraser;
REVOKE ALL ON FUNCTION psa_remove_tenant(bigint, text[]) FROM PUBLIC, psa_app;
GRANT EXECUTE ON FUNCTION psa_remove_tenant(bigint, text[]) TO psa_owner;
GRANT UPDATE ON tenancy_tenant TO psa_eraser;
"""
NO_REMOVE_TENANT = """
REVOKE UPDATE ON tenancy_tenant FROM psa_eraser;
DROP FUNCTION psa_remove_tenant(bigint, text[]);
"""

WRITE_REMOVALS = """
GRANT INSERT ON tenancy_tenantremoval TO psa_eraser;
GRANT USAGE ON SEQUENCE tenancy_tenantremoval_id_seq TO psa_eraser;
REVOKE INSERT ON tenancy_tenantremoval FROM psa_app;
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="removal_due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="suspended_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.CreateModel(
            name="TenantRemoval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("removed_at", models.DateTimeField()),
                ("removed_by", models.CharField(max_length=63)),
                ("row_counts", models.JSONField()),
            ],
            options={
                "constraints": [
                    psa.core.tenancy.constraints.AppendOnly(name="tenant_removal_append_only")
                ],
            },
        ),
        migrations.RunSQL(ERASER_RIGHTS, NO_ERASER_RIGHTS),
        migrations.RunSQL(WRITE_REMOVALS, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE_CHANGE, REFUSE_EVERY_CHANGE),
        migrations.RunSQL(REMOVE_TENANT, NO_REMOVE_TENANT),
    ]
