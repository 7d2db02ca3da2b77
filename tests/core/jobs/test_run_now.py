"""psa.core.jobs.services: start, run_now, cancel, retry"""

import pytest

from psa.core.errors import Conflict, NotFound, PermissionDenied
from psa.core.jobs import registry, services
from psa.core.jobs.models import JobChunk, JobLogLine, JobRun, JobTicket
from psa.core.jobs.registry import JobKind
from psa.core.tenancy.scope import tenant_scope
from tests.core.firms import NOW, Firms, Member
from tests.core.jobs import kinds


def _start(
    member: Member, key: str = "one", kind: str = "tests.trail", **arguments: object
) -> JobRun:
    return services.start(
        kind=kind,
        key=key,
        title="A trail",
        arguments={"chunks": 3, **arguments},
        actor=member.actor,
        at=NOW,
    )


def test_does_every_chunk_once_and_joins_their_results(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = services.run_now(_start(firms.ben).pk)
        assert run.state == JobRun.State.DONE
        assert (run.done, run.total) == (6, 6)
        assert run.result == {"entries": 6, "last": "record 3", "finished": True}
        assert run.message == "All records done."
        assert kinds.entries_of(run.pk) == kinds.expected(3)
        assert not JobTicket.objects.filter(run_id=run.pk).exists()
        texts = list(JobLogLine.objects.order_by("id").values_list("text", flat=True))
        assert texts[0] == "Started: 3 parts."
        assert texts[-1] == "All records done."


def test_run_twice_equals_run_once(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        first, second = _start(firms.ben), _start(firms.ben)
        assert first.pk == second.pk
        services.run_now(first.pk)
        services.run_now(first.pk)
        assert kinds.entries_of(first.pk) == kinds.expected(3)
        assert _start(firms.ben).state == JobRun.State.DONE


def test_keeps_keys_of_two_firms_apart(firms: Firms) -> None:
    ids = set()
    for member in (firms.ben, firms.otto):
        with tenant_scope(member.tenant_id):
            ids.add(services.run_now(_start(member).pk).pk)
    assert len(ids) == 2


def test_lists_what_a_chunk_refuses_and_does_the_others(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = services.run_now(_start(firms.ben, refuse=[2]).pk)
        assert run.state == JobRun.State.DONE
        assert run.message == (
            "All records done. 1 record was left out; the reasons are listed below."
        )
        refused = JobChunk.objects.get(run=run, position=2)
        assert refused.failures == [{"record": "Record 2", "reason": "Record 2 is on hold."}]
        done = {number for number, _ in kinds.entries_of(run.pk)}
        assert done == {0, 1, 3}  # nothing of the refused chunk stays


def test_fails_in_plain_words_when_a_chunk_breaks(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = services.run_now(_start(firms.ben, **{"break": [2]}).pk)
        assert run.state == JobRun.State.FAILED
        assert run.error.startswith("Part 2 of 3 stopped because of an unexpected error")
        assert "123.45" not in run.error
        assert run.done == 2
        assert {number for number, _ in kinds.entries_of(run.pk)} == {1}
        assert not JobTicket.objects.filter(run_id=run.pk).exists()


def test_retry_goes_on_where_it_broke(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = services.run_now(_start(firms.ben, **{"break": [2]}).pk)
        for chunk in JobChunk.objects.filter(run=run):
            chunk.arguments["break"] = []
            chunk.save()
        services.retry(run_id=run.pk, actor=firms.ben.actor, at=NOW)
        run = services.run_now(run.pk)
        assert (run.state, run.done, run.error) == (JobRun.State.DONE, 6, "")
        assert kinds.entries_of(run.pk) == kinds.expected(3)


def test_cancel_stops_before_the_next_chunk(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = _start(firms.ben)
        services.cancel(run_id=run.pk, actor=firms.ben.actor, at=NOW)
        run = services.run_now(run.pk)
        assert run.state == JobRun.State.CANCELLED
        assert kinds.entries_of(run.pk) == []
        with pytest.raises(Conflict):
            services.cancel(run_id=run.pk, actor=firms.ben.actor, at=NOW)
        services.retry(run_id=run.pk, actor=firms.ben.actor, at=NOW)
        assert services.run_now(run.pk).state == JobRun.State.DONE


def test_refuses_to_retry_what_went_well(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = services.run_now(_start(firms.ben).pk)
        with pytest.raises(Conflict):
            services.retry(run_id=run.pk, actor=firms.ben.actor, at=NOW)


def test_refuses_others_and_strangers(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = _start(firms.ben)
        with pytest.raises(NotFound):
            services.cancel(run_id=run.pk, actor=firms.priya.actor, at=NOW)
        with pytest.raises(PermissionDenied):
            _start(firms.ben, kind="tests.guarded")
        services.cancel(run_id=run.pk, actor=firms.ada.actor, at=NOW)
    with tenant_scope(firms.otto.tenant_id), pytest.raises(NotFound):
        services.cancel(run_id=run.pk, actor=firms.otto.actor, at=NOW)


def test_fails_when_the_permission_was_taken_away_meanwhile(firms: Firms) -> None:
    with tenant_scope(firms.ada.tenant_id):
        run = _start(firms.ada, kind="tests.guarded")
        JobRun.objects.filter(pk=run.pk).update(requested_by_id=firms.ben.membership_id)
        run = services.run_now(run.pk)
        assert run.state == JobRun.State.FAILED
        assert "access.manage_parameters" in run.error


def test_ends_well_when_there_is_nothing_to_do(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        registry.register(JobKind("tests.empty", "Empty", "", lambda **_: [], kinds.run_chunk))
        run = services.run_now(_start(firms.ben, kind="tests.empty").pk)
        assert (run.state, run.message) == (JobRun.State.DONE, "There was nothing to do.")


def test_fails_when_the_kind_is_gone(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = _start(firms.ben)
        del registry._kinds["tests.trail"]
        run = services.run_now(run.pk)
        assert run.state == JobRun.State.FAILED
        assert "tests.trail" in run.error
