import cProfile
import pstats
import time
from datetime import date, timedelta

from django.db import connection

from billing.services import invoices, proposals
from sales.models import Contract, ContractLine
from tests.billing.scenario import *


def test_speed(committed_database):
    case = make_case()
    with case.scope():
        c = case.work.contract
        line = case.work.time_line
        cs = [c]
        works = [(c, line)]
        for n in range(19):
            c2 = Contract.objects.get(pk=c.pk)
            c2.pk = None
            c2.number = f"D-{n}"
            c2.save()
            l2 = ContractLine.objects.get(pk=line.pk)
            l2.pk = None
            l2.contract = c2
            l2.save()
            works.append((c2, l2))
        for c2, l2 in works:
            case.work.contract = c2
            case.work.time_line = l2
            drafts = [
                time_draft(case, on=date(2026, 6, 1) + timedelta(days=n % 28), minutes=60 + n % 400)
                for n in range(500)
            ]
            posting.post(drafts=drafts, actor=case.fay, at=AT, kind="approval")
    import os

    if os.environ.get("ANALYZE"):
        import psycopg

        from tests.database import database_url

        with psycopg.connect(database_url("owner"), autocommit=True) as o:
            o.execute("ANALYZE")
    with case.scope():
        from psa.core.ledger import selectors as L

        q = (
            L.unbilled(contract_ids=[c.pk], until_on=CUTOFF)
            .filter(contract_line_id__in=[works[0][1].pk])
            .values_list("id", "amount")
        )
        print(q.explain(analyze=True, buffers=True))
    t = time.perf_counter()
    ps = []
    from collections import defaultdict

    spent = defaultdict(float)

    def wrap(execute, sql, params, many, context):
        t0 = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[sql[:110].replace(chr(10), " ") + "..." + sql[-60:].replace(chr(10), " ")] += (
                time.perf_counter() - t0
            )

    pr = cProfile.Profile()
    for c2, _ in works:
        with case.scope(), connection.execute_wrapper(wrap):
            ps += proposals.propose_invoices(
                contract_id=c2.pk, cutoff_on=CUTOFF, run_key="r", actor=case.bill, at=AT
            )
    print("propose", time.perf_counter() - t)
    for k, v in sorted(spent.items(), key=lambda x: -x[1])[:7]:
        print("  %.3f %s" % (v, k))
    spent.clear()
    t = time.perf_counter()
    for n, p in enumerate(ps):
        if n == 10 and os.environ.get("PROF"): pr.enable()
        with case.scope(), connection.execute_wrapper(wrap):
            invoices.post_invoice(proposal_id=p.pk, invoiced_on=INVOICED_ON, at=AT, actor=case.bill)
    print("confirm", time.perf_counter() - t)
    for k, v in sorted(spent.items(), key=lambda x: -x[1])[:12]:
        print("  %.3f %s" % (v, k))
    pr.disable(); pstats.Stats(pr).sort_stats("tottime").print_stats(16)
