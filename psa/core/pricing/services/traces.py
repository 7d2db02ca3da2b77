"""Keeping how prices were found: equal traces are stored once, whoever asks."""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256

from psa.core.pricing.models import PriceList, PriceTrace
from psa.core.pricing.rules import trace as trace_rules
from psa.core.pricing.rules.types import PriceContext, Resolved, TraceStep, Unpriced

Trace = Sequence[TraceStep]
Stored = dict[str, object]


def as_stored(trace: Trace, *, context: str) -> Stored:
    """The trace as it is stored: its context decides who may read it."""
    return {"context": str(context), "steps": trace_rules.as_data(trace)}


def digest_of(trace: Trace, *, context: str) -> str:
    """SHA-256 of the canonical JSON of a trace: equal traces have equal digests."""
    return _digest(as_stored(trace, context=context))


def store_traces(*, tenant_id: int, traces: Iterable[tuple[str, Trace]]) -> dict[str, int]:
    """Store (context, trace) pairs; digest → id of the stored trace, for new and known ones.

    Idempotent and set-based: a constant number of statements. The lists that
    the traces name are marked used: from now on an edit of them makes a new version.
    """
    wanted = {_digest(stored): stored for stored in _distinct(traces)}
    if not wanted:
        return {}
    known = _ids(wanted)
    missing = [digest for digest in wanted if digest not in known]
    if missing:
        PriceTrace.objects.bulk_create(
            [PriceTrace(tenant_id=tenant_id, digest=d, steps=wanted[d]) for d in missing],
            ignore_conflicts=True,
            batch_size=2000,
        )
        known |= _ids(missing)
        _mark_used(wanted[digest] for digest in missing)
    return known


def trace_ids(*, tenant_id: int, priced: Sequence[tuple[str, Resolved | Unpriced]]) -> list[int]:
    """Store the traces of (context, answer) pairs; their ids in the order given."""
    ids = store_traces(
        tenant_id=tenant_id, traces=[(context, answer.trace) for context, answer in priced]
    )
    digests: dict[tuple[str, int], str] = {}
    result: list[int] = []
    for context, answer in priced:
        # Answers of one batch share their trace objects; each is hashed once.
        key = (str(context), id(answer.trace))
        digest = digests.get(key)
        if digest is None:
            digest = digests[key] = digest_of(answer.trace, context=context)
        result.append(ids[digest])
    return result


def steps_of(stored: Stored) -> tuple[PriceContext, tuple[TraceStep, ...]]:
    """Context and steps of what is stored."""
    steps: list[dict[str, str]] = stored["steps"]  # type: ignore[assignment]
    return PriceContext(str(stored["context"])), trace_rules.from_data(steps)


def _distinct(traces: Iterable[tuple[str, Trace]]) -> Iterable[Stored]:
    seen: set[tuple[str, tuple[TraceStep, ...]]] = set()
    met: dict[tuple[str, int], Trace] = {}
    for context, trace in traces:
        # Answers of one batch share their trace objects; each is looked at once, and kept alive.
        if (context, id(trace)) in met:
            continue
        met[context, id(trace)] = trace
        key = (str(context), tuple(trace))
        if key not in seen:
            seen.add(key)
            yield as_stored(trace, context=context)


def _digest(stored: Stored) -> str:
    canonical = json.dumps(stored, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def _ids(digests: Iterable[str]) -> dict[str, int]:
    return dict(PriceTrace.objects.filter(digest__in=list(digests)).values_list("digest", "id"))


def _mark_used(stored: Iterable[Stored]) -> None:
    list_ids = {
        int(step["list_id"])
        for trace in stored
        for step in trace["steps"]  # type: ignore[attr-defined]
        if "list_id" in step
    }
    # In the order of ids, so that two batches never wait for each other's list.
    unused = (
        PriceList.objects.filter(pk__in=list_ids, is_used=False)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    ids = list(unused) if list_ids else []
    if ids:
        PriceList.objects.filter(pk__in=ids).update(is_used=True)
