"""psa.edges.operations.services.people: a copy of what is kept, and being forgotten."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from projects.models import TeamMember
from psa.core.access.models import Membership, User
from psa.core.errors import Conflict, NotFound
from psa.core.org.models import Resource
from psa.edges.api.models import ApiToken
from psa.edges.operations.services import people
from psa.edges.operations.tenant_figures import tenant_figures
from tests.attacks.world import World, acme_world
from tests.database import StandingScene
from tests.edges.api.callers import token_of
from tests.factories import AT, TODAY, make_firm

BEN = "ben@acme.example"


@pytest.fixture
def world(standing_scene: StandingScene[World]) -> World:
    return standing_scene(acme_world)


def _leaves(world: World) -> None:
    with world.firm.scope():
        Membership.objects.filter(email=BEN).update(is_active=False)
        Resource.objects.filter(email=BEN).update(employed_until=date(2026, 7, 8))


def _forget(email: str = BEN) -> dict[str, int]:
    return people.forget_person(slug="acme", email=email, today_on=TODAY, at=AT)


def test_copies_what_is_about_the_person_and_no_rate(world: World) -> None:
    found = people.copy_of_person(slug="acme", email=BEN)
    assert found["about"]["org.Resource"][0]["name"] == "Ben"
    assert found["about"]["timeexpense.TimeEntry"]
    ben = found["about"]["org.Resource"][0]["id"]
    assert {row["resource_id"] for row in found["about"]["timeexpense.TimeEntry"]} == {ben}
    apps = {label.partition(".")[0] for label in found["about"]}
    assert not apps & {"pricing", "ledger", "billing", "revenue"}
    text = json.dumps(found)
    for somebody_else in ("priya@", "Priya", "otto"):
        assert somebody_else not in text


SECRET_WORDS = ("rate", "price", "cost", "digest", "secret", "password", "token")
# The digest of notifications: how often a person wants them together.
NO_SECRETS = {
    "notifications.Notification.digest",
    "notifications.NotificationPreference.digest",
}


def test_no_table_it_reaches_tells_a_rate_or_a_secret() -> None:
    told = {model._meta.label: people.told_fields(model) for model in people.told_models()}
    assert {"projects.TeamMember", "api.ApiToken", "timeexpense.TimeEntry"} <= told.keys()
    assert [
        name
        for label, fields in told.items()
        for field in fields
        if any(word in field.name for word in SECRET_WORDS)
        and (name := f"{label}.{field.name}") not in NO_SECRETS
    ] == []


def test_leaves_out_what_a_team_member_is_charged_at_and_the_digest_of_a_token(
    world: World,
) -> None:
    text = token_of(world.firm, "ben")
    with world.firm.scope():
        member = TeamMember.objects.filter(resource=world.firm.resources["ben"])
        member.update(bill_rate_override=Decimal("987.65"))
        digest = ApiToken.objects.get(membership__email=BEN, ending=text[-4:]).digest
    copied = json.dumps(people.copy_of_person(slug="acme", email=BEN), default=str)
    assert '"projects.TeamMember"' in copied and '"api.ApiToken"' in copied
    assert "987.65" not in copied and digest not in copied


def test_copies_a_clients_contact(world: World) -> None:
    with world.firm.scope():
        from sales.models import Contact

        Contact.objects.filter(name="Jo Kessler").update(email="jo@kessler.example")
    found = people.copy_of_person(slug="acme", email="JO@kessler.example")
    assert found["about"]["sales.Contact"][0]["name"] == "Jo Kessler"


def test_forgets_the_person_and_keeps_every_figure(world: World) -> None:
    with world.firm.scope():
        before = tenant_figures()
        ben = Resource.objects.get(email=BEN)
    _leaves(world)
    counts = _forget()
    assert (counts["members"], counts["people"], counts["accounts"]) == (1, 1, 1)
    with world.firm.scope():
        assert tenant_figures() == before
        row = Resource.objects.select_related("membership").get(pk=ben.pk)
        assert row.name == f"Former colleague {ben.pk}" and row.code == f"FORMER-{ben.pk}"
        assert row.membership.name.startswith("Former member") and row.membership.user_id is None
    assert not User.objects.filter(email=BEN).exists()
    with pytest.raises(NotFound):
        people.copy_of_person(slug="acme", email=BEN)


def test_keeps_the_account_that_another_firm_knows(world: World) -> None:
    other = make_firm("globex", cast={"otto": "administrator"})
    with world.firm.scope():
        user_id = Membership.objects.get(email=BEN).user_id
    with other.scope():
        Membership.objects.filter(email="otto@globex.example").update(user_id=user_id)
    _leaves(world)
    assert _forget().get("accounts", 0) == 0
    assert User.objects.filter(pk=user_id).exists()


def test_refuses_while_the_person_is_there(world: World) -> None:
    with pytest.raises(Conflict, match="can still sign in"):
        _forget()
    with world.firm.scope():
        Membership.objects.filter(email=BEN).update(is_active=False)
    with pytest.raises(Conflict, match="still employed"):
        _forget()
    with pytest.raises(NotFound, match="Nobody is kept"):
        _forget("nobody@acme.example")


def test_the_commands_speak(world: World) -> None:
    out = StringIO()
    call_command("export_person", "--tenant", "acme", "--email", BEN, stdout=out)
    assert json.loads(out.getvalue())["firm"] == "Acme"
    _leaves(world)
    out = StringIO()
    call_command("forget_person", "--tenant", "acme", "--email", BEN, stdout=out)
    assert "1 people" in out.getvalue()
