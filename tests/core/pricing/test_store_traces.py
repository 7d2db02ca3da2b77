"""A trace is stored once, and its list counts as used from then on."""

from decimal import Decimal

from psa.core.pricing.models import PriceList, PriceTrace
from psa.core.pricing.rules.trace import step
from psa.core.pricing.rules.types import Resolved
from psa.core.pricing.services import traces
from tests.core.pricing.firm import Firm, active_list, line

TRACE = (step("line", line=1, matched="any", value=Decimal("90.00"), currency="GBP", unit="day"),)


def test_stores_equal_traces_once_and_again_the_same(firm: Firm) -> None:
    first = traces.store_traces(
        tenant_id=firm.tenant.pk, traces=[("sales", TRACE), ("sales", TRACE), ("cost", TRACE)]
    )
    again = traces.store_traces(tenant_id=firm.tenant.pk, traces=[("sales", TRACE)])
    assert PriceTrace.objects.count() == len(first) == 2
    assert again.items() <= first.items()
    assert traces.digest_of(TRACE, context="sales") in first


def test_reads_back_what_was_stored(firm: Firm) -> None:
    [trace_id] = traces.store_traces(tenant_id=firm.tenant.pk, traces=[("sales", TRACE)]).values()
    context, [taken] = traces.steps_of(PriceTrace.objects.get(pk=trace_id).steps)
    assert (context, taken.code, dict(taken.facts)) == ("sales", "line", dict(TRACE[0].facts))


def test_marks_the_lists_it_names_as_used(firm: Firm) -> None:
    used = active_list(firm, [line("90")])
    other = active_list(firm, [line("90")], context="cost")
    named = (step("list", list="Standard", list_id=used.pk, currency="GBP"), *TRACE)
    traces.store_traces(tenant_id=firm.tenant.pk, traces=[("sales", named)])
    assert dict(PriceList.objects.values_list("pk", "is_used")) == {used.pk: True, other.pk: False}


def test_gives_the_ids_in_the_order_of_the_answers(firm: Firm) -> None:
    def answer(value: int) -> Resolved:
        price = Decimal(value)
        trace = (step("line", line=1, matched="any", value=price, currency="GBP", unit="day"),)
        return Resolved(price, "day", "GBP", Decimal(8), None, 1, None, None, trace)

    priced = [("sales", answer(value)) for value in (3, 1, 3, 2)]
    ids = traces.trace_ids(tenant_id=firm.tenant.pk, priced=priced)
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3
