"""Documents in a bucket go where their firm goes, and where the whole installation goes"""

import os
from pathlib import Path

import pytest

from psa.core.documents.models import Document
from psa.core.tenancy.models import Tenant
from tests.attacks.world import make_world
from tests.database import current_database
from tests.edges.operations.test_backup import Target, target
from tests.edges.operations.test_backup import manage as manage_elsewhere
from tests.edges.operations.test_tenant_archive import figures, make_due, manage
from tests.factories import make_firm
from tests.s3 import documents_in, new_bucket, running_store

__all__ = ["target"]


@pytest.mark.proof
def test_a_firm_and_the_whole_installation_leave_and_come_back(
    committed_database: str, target: Target, tmp_path: Path
) -> None:
    with running_store() as endpoint, documents_in(new_bucket(endpoint)) as bucket:
        acme = make_world(make_firm("acme")).firm
        globex = make_world(make_firm("globex")).firm
        with acme.scope():
            keys = set(Document.objects.values_list("storage_path", flat=True))
        stored, before = bucket.names(), figures()
        assert keys and keys < set(stored)

        backup, archive = tmp_path / "backup", tmp_path / "acme.zip"
        here = {"database": current_database(), "data": os.environ["PSA_DATA"]}
        done = manage_elsewhere("backup", str(backup), **here)
        assert done.returncode == 0, done.stderr
        other = new_bucket(endpoint)
        done = manage_elsewhere(
            "restore", str(backup),
            database=target.database, data=target.data, **other.environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert other.names() == stored

        assert manage("export_tenant", "--tenant", "acme", "--output", str(archive)).returncode == 0
        make_due()
        assert manage("remove_tenant", "--tenant", "acme").returncode == 0
        assert not Tenant.objects.filter(slug="acme").exists()
        assert all(key.startswith(f"{globex.tenant.pk}/") for key in bucket.names())
        assert manage("restore_tenant", str(archive)).returncode == 0
        assert figures() == before
        # It came back under another number, and its documents with it.
        number = Tenant.objects.get(slug="acme").pk
        moved = {
            key.replace(f"{acme.tenant.pk}/", f"{number}/", 1) for key in stored if key in keys
        }
        assert set(bucket.names()) == moved | (set(stored) - keys)
