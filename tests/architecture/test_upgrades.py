"""A migration that could hurt an upgrade under way is refused by the check that new ones pass."""

import shutil
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LANDED = ROOT / "psa" / "core" / "jobs" / "migrations"
MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "%(last)s")]
    operations = [%(operation)s]
"""
# A migration's operations on a table of the application, and whether it may land.
CASES = {
    "adds_a_field_that_old_code_may_leave_out": (
        'migrations.AddField("jobrun", "shade", models.CharField(max_length=9, db_default=""))',
        True,
    ),
    "adds_a_field_that_old_code_does_not_fill": (
        'migrations.AddField("jobrun", "shade", models.CharField(max_length=9, default=""))',
        False,
    ),
    "removes_a_field_that_old_code_reads": ('migrations.RemoveField("jobrun", "message")', False),
    "renames_a_field": ('migrations.RenameField("jobrun", "message", "note")', False),
    "renames_a_table": ('migrations.AlterModelTable("jobrun", "runs")', False),
    "forbids_null_where_there_may_be_some": (
        'migrations.AlterField("jobrun", "started_at", models.DateTimeField())',
        False,
    ),
    "makes_a_column_of_another_type": (
        'migrations.AlterField("jobrun", "message", models.IntegerField())',
        False,
    ),
    "locks_a_table_for_an_index": (
        'migrations.AddIndex("jobrun", models.Index(fields=["title"], name="jobrun_title"))',
        False,
    ),
    "makes_a_table_with_an_index": (
        """migrations.CreateModel(
            "Note",
            fields=[("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())],
            options={"indexes": [models.Index(fields=["title"], name="note_title")]},
        )""",
        True,
    ),
    "changes_rows_with_no_way_back": ("migrations.RunPython(lambda apps, editor: None)", False),
}


@pytest.fixture(scope="module")
def check() -> ModuleType:
    loader = SourceFileLoader("ci_migrations", str(ROOT / ".ci" / "migrations"))
    made = module_from_spec(spec_from_loader("ci_migrations", loader))  # type: ignore[arg-type]
    loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", CASES)
def test_lets_pass_only_what_old_code_can_run_beside(
    db: None,
    check: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: pytest.FixtureRequest,
    name: str,
) -> None:
    operation, may_land = CASES[name]
    # The migrations of the application's jobs, and after the last of them one more.
    package = f"jobs_and_{name}"
    folder = shutil.copytree(LANDED, tmp_path / package)
    last = max(path.stem for path in folder.glob("0*.py"))
    (folder / f"0099_{name}.py").write_text(MIGRATION % {"last": last, "operation": operation})
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"jobs": package}  # type: ignore[attr-defined]
    assert check.has_errors([f"0099_{name}"]) is not may_land
