"""Pricing waiting work again, tried first: what it would post is shown, and nothing is kept."""

from collections.abc import Iterator

import pytest

from psa.core.audit.models import AuditEntry
from psa.core.errors import PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.pricing.models import PriceLine, UnpricedEntry
from psa.core.pricing.services import unpriced
from psa.edges.repricing.services import replays
from tests.edges.api.callers import caller
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.models import TimeEntry
from timeexpense.services import approvals


@pytest.fixture
def waiting(db: None) -> Iterator[tuple[Scene, int]]:
    """Bea's time was approved without a price for her role; now there is one."""
    scene = make_scene()
    with scene.firm.scope():
        lines = list(PriceLine.objects.filter(role=scene.firm.roles["CO"]))
        PriceLine.objects.filter(role=scene.firm.roles["CO"]).delete()
        (entry_id,) = scene.submitted(scene.draft("bea"), name="bea")
        approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)
        for line in lines:
            line.pk = None
            line.save(force_insert=True)
    yield scene, entry_id


def counts() -> tuple[int, ...]:
    waits = UnpricedEntry.objects.filter(resolved_at=None).count()
    return (Actual.objects.count(), AuditEntry.objects.count(), waits)


def test_says_what_it_would_post_and_keeps_nothing(waiting: tuple[Scene, int]) -> None:
    scene, entry_id = waiting
    api = caller(scene.firm, "fay")
    with scene.firm.scope():
        before = counts()
    client = scene.firm.client("fay")
    asked = client.get(scene.firm.url("pricing/unpriced/replay-all/")).content.decode()
    assert "1 entry waits" in asked and "repricing/unpriced/try-all/" in asked
    page = client.post(scene.firm.url("repricing/unpriced/try-all/")).content.decode()
    assert "nothing of it was kept" in page
    assert "Priced 1 entry again" in page and "Unbilled" in page
    told = api.post("/unpriced-work/try", {})
    assert {"cost", "unbilled_sales"} <= {row["actual_type"] for row in told["actuals"]}
    with scene.firm.scope():
        assert counts() == before
        assert TimeEntry.objects.get(pk=entry_id).state == "submitted"
        done = unpriced.replay_waiting(actor=scene.actor("fay"), at=NOW)
        assert (done.priced, done.waiting) == (1, 0)


def test_tries_the_entries_that_were_chosen(waiting: tuple[Scene, int]) -> None:
    scene, _ = waiting
    with scene.firm.scope():
        [entry] = UnpricedEntry.objects.filter(resolved_at=None)
        nothing = replays.try_replay(entry_ids=[], actor=scene.actor("fay"), at=NOW)
        assert (nothing.count, nothing.tried.sentences) == (0, ())
    page = scene.firm.client("fay").post(
        scene.firm.url("repricing/unpriced/try/"), {"selected": [entry.pk]}
    )
    assert "Priced 1 entry again" in page.content.decode()


def test_says_what_still_waits_and_how_many_were_left_out(
    waiting: tuple[Scene, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, _ = waiting
    with scene.firm.scope():
        PriceLine.objects.filter(role=scene.firm.roles["CO"]).delete()
        tried = replays.try_replay(entry_ids=None, actor=scene.actor("fay"), at=NOW).tried
        assert any("1 waits still" in sentence for sentence in tried.sentences)
    monkeypatch.setattr(replays, "MOST", 0)
    page = scene.firm.client("fay").post(scene.firm.url("repricing/unpriced/try-all/"))
    assert "the oldest 0 of 1 entries" in page.content.decode()


def test_is_for_those_alone_who_may_price_it_again(waiting: tuple[Scene, int]) -> None:
    scene, _ = waiting
    for name in ("ben", "priya"):
        answer = scene.firm.client(name).post(scene.firm.url("repricing/unpriced/try-all/"))
        assert answer.status_code in (403, 404)
    with scene.firm.scope(), pytest.raises(PermissionDenied):
        replays.try_replay(entry_ids=None, actor=scene.actor("ben"), at=NOW)
