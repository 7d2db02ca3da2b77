import threading

from django.db import connection

from psa.edges.lifecycle import services as lifecycle
from psa.edges.lifecycle.services import NewProject
from sales.models import Contract
from sales.policies import AlreadyWon
from tests.factories import AT, TODAY, make_firm
from tests.sales.scenario import FROM, make_deal

CONNECTIONS = 20


def test_twenty_at_once_make_one_contract(committed_database):
    acme = make_firm("acme", cast={"amara": "account_manager", "priya": "project_manager"})
    with acme.scope():
        quote_id = make_deal(acme, is_sent=True).quote.pk
    outcomes: list[str] = []
    start = threading.Barrier(CONNECTIONS)

    def win() -> None:
        try:
            start.wait(timeout=60)
            with acme.scope():
                lifecycle.win_quote(
                    quote_id=quote_id,
                    pricing_choice="share_lists",
                    project=NewProject("ERP", acme.resources["priya"].pk, FROM),
                    at=AT,
                    won_on=TODAY,
                    actor=acme.actors["amara"],
                )
            outcomes.append("won")
        except AlreadyWon:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=win) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(outcomes) == ["refused"] * (CONNECTIONS - 1) + ["won"]
    with acme.scope():
        assert Contract.objects.count() == 1
