"""A form that was overtaken says what changed, keeps what was typed, and may then be saved."""

import re

import pytest

from sales.models import Account
from tests.factories import Firm, make_engagement


@pytest.fixture
def account(acme: Firm) -> Account:
    with acme.scope():
        return make_engagement(acme).account


def fields(page: str) -> dict[str, str]:
    """The values of the page's main form, as a browser would send them."""
    form = (
        page[page.index('<form\n  class="psa-form"') :]
        if '<form\n  class="psa-form"' in page
        else page
    )
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and 'type="checkbox"' not in tag:
            found.setdefault(name[1], value[1])
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', body)
        found[name] = chosen[1] if chosen else ""
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = body.strip()
    return found


def test_the_second_saver_is_told_what_the_first_changed(acme: Firm, account: Account) -> None:
    client = acme.client("ada")
    with acme.scope():
        editor = "fay" if "sales.manage" in acme.actors["fay"].permissions else "amara"
    client = acme.client(editor)
    path = f"/acme/sales/customers/{account.pk}/edit/"
    first, second = (
        fields(client.get(path).content.decode()),
        fields(client.get(path).content.decode()),
    )
    assert second["seen"]
    assert client.post(path, first | {"name": "Kessler AG"}).status_code == 302
    refused = client.post(path, second | {"name": "Kessler GmbH"})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Somebody changed this record" in text
    assert "was “Kessler Maschinenbau”, is now “Kessler AG”" in text
    assert 'value="Kessler GmbH"' in text
    assert client.post(path, fields(text)).status_code == 302
    with acme.scope():
        assert Account.objects.get(pk=account.pk).name == "Kessler GmbH"


def test_a_forged_or_missing_token_is_the_old_behaviour(acme: Firm, account: Account) -> None:
    client = acme.client("amara")
    path = f"/acme/sales/customers/{account.pk}/edit/"
    data = fields(client.get(path).content.decode()) | {"seen": "x:y:z"}
    assert client.post(path, data).status_code == 302


def test_setting_up_people_is_guarded_too(acme: Firm) -> None:
    client, person = acme.client("ada"), acme.resources["ben"]
    path = f"/acme/setup/people/{person.pk}/"
    first = fields(client.get(path).content.decode())
    assert client.post(path, first | {"name": "Benjamin"}).status_code == 302
    refused = client.post(path, first | {"name": "Benny"})
    assert refused.status_code == 422
    assert "was “Ben”, is now “Benjamin”" in refused.content.decode()
