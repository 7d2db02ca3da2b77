"""manage.py run_job"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from psa.core.jobs.models import JobRun
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations.services import tenants
from tests.core.firms import NOW, Firms
from tests.core.jobs import kinds


def run(*words: str) -> str:
    out = StringIO()
    call_command("run_job", *words, stdout=out)
    return out.getvalue()


def test_runs_a_job_to_its_end_and_the_same_key_once(firms: Firms) -> None:
    words = ("tests.trail", "--tenant", "acme", "--arguments", '{"chunks": 2}', "--key", "one")
    assert run(*words).splitlines()[-1] == "All records done."
    run(*words)
    with tenant_scope(firms.ben.tenant_id):
        made = JobRun.objects.get(kind="tests.trail")
        assert kinds.entries_of(made.pk) == kinds.expected(2)


def test_says_what_went_wrong(firms: Firms) -> None:
    for words, said in (
        (("tests.trail",), "Name the kind and the tenant"),
        (("tests.trail", "--tenant", "nobody"), "no tenant"),
        (("no.such", "--tenant", "acme"), "no kind of job"),
        (("tests.trail", "--tenant", "acme", "--arguments", "["), "no JSON"),
        (("tests.trail", "--tenant", "acme", "--arguments", "[]"), "is an object"),
        (("tests.trail", "--tenant", "acme", "--user", "x@y.example"), "No active member"),
        (
            ("tests.trail", "--tenant", "acme", "--arguments", '{"chunks": 2, "break": [1]}'),
            "",
        ),
    ):
        with pytest.raises(CommandError, match=said):
            run(*words)
    tenants.suspend_tenant(slug="acme", reason="", at=NOW)
    with pytest.raises(CommandError, match="waits until it is opened again"):
        run("tests.trail", "--tenant", "acme", "--arguments", '{"chunks": 2}')


def test_lists_the_kinds(db: None) -> None:
    assert "webhooks.tell\tWebhooks" in run("--list").splitlines()
