"""What the demo firm's administrator, sellers and finance are in the middle of today."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from psa.core.pricing.models import PriceList
from psa.core.pricing.services import lists
from psa.edges.identity.services import invitations, providers
from psa.edges.integrations.channels.services import channels
from psa.edges.integrations.imports.services import running, staging
from psa.edges.integrations.webhooks.services import endpoints
from psa.edges.repricing import jobs as repricing
from sales.models import Account

from .firm import cast_actor, instant

_INVITED: Final = (
    ("Hannah Voss", "hannah.voss@alderfinch.example", ("project_manager",)),
    ("Dev Malhotra", "dev.malhotra@alderfinch.example", ("team_member",)),
    ("Chloe Park", "chloe.park@alderfinch.example", ("resource_manager", "team_member")),
)
_CHANNELS: Final = (
    ("#delivery-approvals", "slack", ("timeexpense.handed_in", "automation.approval.requested")),
    ("Finance", "teams", ("billing.milestone.prompted", "billing.invoice.not_sent")),
)
# The second file has two rows to mend: a currency that is none, and a kind that is none.
_PROSPECTS: Final = """\
Account name,Country,Currency,Kind,Industry,Contact name,Contact email,Job title
Marwick Ports Ltd,GB,GBP,prospect,Logistics,Ines Calloway,ines.calloway@marwick.example,IT director
Solvey Chemie GmbH,DE,EUR,prospect,Chemicals,Peter Rauch,peter.rauch@solvey.example,Head of procurement
Kaveri Foods Ltd,IN,INR,prospect,Food,Asha Nambiar,asha.nambiar@kaveri.example,CFO
Bridgeford Schools Trust,GB,GBP,prospect,Education,Tom Averill,tom.averill@bridgeford.example,Bursar
"""
_FAIR: Final = """\
Account name,Country,Currency,Kind,Industry,Contact name,Contact email,Job title
Tamar Rail Services,GB,GBP,prospect,Transport,Gwen Pascoe,gwen.pascoe@tamar.example,Programme lead
Isarwerk Optik AG,DE,EURO,prospect,Optics,Ulrich Stamm,ulrich.stamm@isarwerk.example,COO
Konkan Shipyard Ltd,IN,INR,partner,Shipbuilding,Milind Rane,milind.rane@konkan.example,Head of IT
Ferncastle Homes plc,GB,GBP,prospect,Construction,Ruth Ellery,ruth.ellery@ferncastle.example,CIO
"""


def fill_the_desks(*, today_on: date, at: datetime) -> None:
    """Invitations, imports, a price list to decide on, and connections that lead nowhere."""
    _invite(today_on, at)
    _import(today_on)
    _price_next_year(today_on)
    _connect(today_on)


def _invite(today_on: date, sent_at: datetime) -> None:
    """Two open invitations and one that was taken back."""
    ada = cast_actor("Ada Kowalski")
    made = [
        invitations.invite(
            email=email, name=name, role_codes=roles, actor=ada, at=instant(today_on, 9),
            sent_at=sent_at,
        )
        for name, email, roles in _INVITED
    ]  # fmt: skip
    invitations.withdraw(invitation_id=made[-1].pk, actor=ada, at=instant(today_on, 10))


def _import(today_on: date) -> None:
    """One file of prospects on its way in, and one with rows to mend."""
    amara, at = cast_actor("Amara Nwosu"), instant(today_on, 9)
    for name, content in (("prospects.csv", _PROSPECTS), ("trade fair.csv", _FAIR)):
        staged = staging.stage_file(
            kind_code="accounts", filename=name, content=content.encode(), actor=amara, at=at
        )
        checked = running.map_and_check(
            run_id=staged.pk, mapping=staged.mapping, options=staged.options,
            lock_version=staged.lock_version, actor=amara, at=at,
        )  # fmt: skip
        if (
            name == "prospects.csv"
            and not Account.objects.filter(name="Marwick Ports Ltd").exists()
        ):
            running.start_apply(run_id=checked.pk, skips_bad_rows=False, actor=amara, at=at)


def _price_next_year(today_on: date) -> None:
    """Next year's rates as a draft, and what they would have made of this year."""
    fay, at = cast_actor("Fay Ashworth"), instant(today_on, 9)
    newest = (
        PriceList.objects.filter(context="sales", name__startswith="Delivery UK")
        .order_by("-valid_from")
        .first()
    )
    if newest is None:
        return
    draft = lists.new_version(
        list_id=newest.pk, valid_from=date(today_on.year + 1, 1, 1), uplift_percent=Decimal(6),
        round_to=Decimal(1), actor=fay, at=at,
    )  # fmt: skip
    repricing.start_year(list_id=draft.pk, year=today_on.year, actor=fay, at=at)


def _connect(today_on: date) -> None:
    """A webhook, two channels and an identity provider, switched off: their addresses answer nobody."""
    ada, at = cast_actor("Ada Kowalski"), instant(today_on, 9)
    endpoints.create_endpoint(
        url="https://hooks.alderfinch.example/psa", description="Data warehouse",
        events=["billing.invoice", "revenue"], is_active=False, actor=ada, at=at,
    )  # fmt: skip
    for name, kind, events in _CHANNELS:
        channels.create_channel(
            name=name, kind=kind, url=f"https://chat.alderfinch.example/{kind}", language="en",
            events=events, is_active=False, actor=ada, at=at,
        )  # fmt: skip
    providers.save_provider(
        provider_row_id=None, lock_version=0,
        values={
            "name": "Alder & Finch staff", "issuer": "https://login.alderfinch.example",
            "client_id": "psa-demo", "is_enabled": False, "has_second_factor": True,
        },
        secret="a secret of the demo firm that opens nothing", actor=ada, at=at,
    )  # fmt: skip
