"""From time entered to invoices posted: the data set, a large firm, prices, and how cost grows."""

import itertools
import os
import time

from .rows import Row, duration, rate, seconds

LARGE, CONTRACTS = 100_000, 1000
GROWTH = (2_500, 5_000, 10_000, 20_000)


def _stamp() -> str:
    """So that runs on kept data make firms of their own."""
    return f"b{int(time.time())}"


def settle() -> None:
    """Statistics as any database in use has them; both sides' plans hang on them."""
    import psycopg

    with psycopg.connect(os.environ["PSA_OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("ANALYZE")


def warm_up() -> None:
    """One unmeasured round."""
    from bench import firm, ours

    first = firm.make(f"w{_stamp()}")
    ids = ours.enter(first, ours.drafts(first, firm.LINES))
    ours.submit(first, ids)
    ours.approve(first, ids)
    ours.confirm(first, ours.draft_invoices(first))
    settle()


def data_set() -> list[Row]:
    """The comparison's 10,000 lines: 20 invoices that sum to 6,930,000.00."""
    from bench import by_hand, by_hand_confirm, firm, ours

    stamp = _stamp()
    warm_up()
    mine, theirs = firm.make(f"{stamp}-ours"), firm.make(f"{stamp}-sql")
    lines = ours.drafts(mine, firm.LINES)
    ids: list[int] = []
    proposals: list[int] = []
    total = []
    entering = seconds(lambda: ids.extend(ours.enter(mine, lines)))
    submitting = seconds(lambda: ours.submit(mine, ids))
    sql_entering = seconds(lambda: by_hand.enter(theirs, firm.LINES))
    settle()
    approving = seconds(lambda: ours.approve(mine, ids))
    sql_approving = seconds(lambda: by_hand.approve(theirs))
    settle()
    drafting = seconds(lambda: proposals.extend(ours.draft_invoices(mine)))
    sql_drafting = seconds(lambda: by_hand.draft_invoices(theirs))
    settle()
    confirming = seconds(lambda: total.append(ours.confirm(mine, proposals)))
    sql_confirming = seconds(lambda: by_hand_confirm.confirm(theirs))
    if total[0] != firm.CONTROL_TOTAL or len(proposals) != firm.PROJECTS:
        raise SystemExit(f"control total {total[0]} is not {firm.CONTROL_TOTAL}")
    if by_hand.invoiced_total(theirs) != firm.CONTROL_TOTAL:
        raise SystemExit("the hand-written invoices do not come to the control total")
    chain = entering + submitting + approving + drafting + confirming
    sql_chain = sql_entering + sql_approving + sql_drafting + sql_confirming
    return [
        rate("enter time in bulk", firm.LINES, entering, sql_entering, 6500, 24_000),
        rate("approve 10,000 entries", firm.LINES, approving, sql_approving, None),
        duration("10,000 lines to 20 drafts of 500", drafting, sql_drafting, 1, 0.32),
        duration("confirm and post 20 invoices of 500 lines", confirming, sql_confirming, 1, 0.41),
        duration("the chain, 10,000 lines", chain, sql_chain, 6, 2.5),
    ]


def time_by_api() -> list[Row]:
    """The data set's 10,000 lines over the API, with a result and a client's key for each."""
    from bench import by_hand, firm, ours

    stamp = _stamp()
    warming = firm.make(f"w{stamp}-api")
    ours.import_by_api(warming, ours.drafts(warming, firm.LINES))()
    settle()
    mine, theirs = firm.make(f"{stamp}-api"), firm.make(f"{stamp}-api-sql")
    call = ours.import_by_api(mine, ours.drafts(mine, firm.LINES))
    taken = seconds(call)
    sql = seconds(lambda: by_hand.enter(theirs, firm.LINES))
    return [rate("enter time by the API", firm.LINES, taken, sql, 6500, 24_000)]


def large() -> list[Row]:
    """100,000 entries approved, and the billing run over 1,000 contracts of 100 rows each."""
    from bench import by_hand, firm, ours

    stamp = _stamp()
    mine = firm.make(f"{stamp}-large", projects=CONTRACTS)
    theirs = firm.make(f"{stamp}-large-sql", projects=CONTRACTS)
    ids = ours.enter(mine, ours.drafts(mine, LARGE))
    ours.submit(mine, ids)
    by_hand.enter(theirs, LARGE)
    settle()
    approving = seconds(lambda: ours.approve(mine, ids))
    sql_approving = seconds(lambda: by_hand.approve(theirs))
    settle()
    drafting = seconds(lambda: ours.draft_invoices(mine))
    sql_drafting = seconds(lambda: by_hand.draft_invoices(theirs))
    approved = rate("approve 100,000 entries", LARGE, approving, sql_approving, 10_000)
    approved.ok = approved.ok or (approved.ratio or 9) <= 2
    approved.target = "≥ 10,000/s or ≤ 2 × SQL"
    run = duration("billing run, 1,000 contracts, 100,000 rows", drafting, sql_drafting, 12)
    run.ok = run.ok and (run.ratio or 9) <= 3
    run.target = "≤ 12 s; ≤ 3 × SQL"
    return [approved, run]


def growth() -> list[Row]:
    """Approving and drafting at four sizes: doubling the rows never more than doubles the time."""
    from bench import firm, ours

    stamp = _stamp()
    times: dict[str, list[float]] = {"approve": [], "draft": []}
    for count in GROWTH:
        mine = firm.make(f"{stamp}-g{count}")
        ids = ours.enter(mine, ours.drafts(mine, count))
        ours.submit(mine, ids)
        settle()
        times["approve"].append(seconds(lambda mine=mine, ids=ids: ours.approve(mine, ids)))
        settle()
        times["draft"].append(seconds(lambda mine=mine: ours.draft_invoices(mine)))
    rows = []
    for work, taken in times.items():
        rows += [
            Row(f"{work} {count:,} rows", "seconds", took, None, None, "", True)
            for count, took in zip(GROWTH, taken, strict=True)
        ]
        worst = max(later / earlier for earlier, later in itertools.pairwise(taken))
        rows.append(
            Row(f"{work}, twice the rows", "× time", worst, None, None, "≤ 2 ×", worst <= 2)
        )
    return rows


def pricing() -> list[Row]:
    """200,000 prices resolved at once, and one."""
    from bench import by_hand, firm, ours

    mine = firm.make(f"{_stamp()}-prices")
    queries = ours.price_queries(mine, 200_000)
    sql_many = seconds(lambda: by_hand.price_many(mine, len(queries)))
    sql_one = seconds(lambda: by_hand.price_many(mine, 1))
    many = seconds(ours.price_many(mine, queries))
    one = seconds(ours.price_one(mine, queries[0]))
    return [
        rate("price resolution in bulk", len(queries), many, sql_many, 200_000),
        Row(
            "price resolution, one", "ms", one * 1000, sql_one * 1000, one / sql_one, "< 1 ms",
            one < 0.001,
        ),
    ]  # fmt: skip
