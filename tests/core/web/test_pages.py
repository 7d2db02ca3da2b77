import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.http import HttpResponse

from psa.core.errors import DomainError, NotFound
from psa.core.web.pages import errors_on, events_of, go_to, refresh, toast, wants_part
from tests.factories import Firm

from .conftest import MakeRequest

User = get_user_model()


SETTINGS = {
    "language": "en", "locale": "en-gb", "time_zone": "Europe/London", "week_starts_on": "",
    "hours": "clock", "theme": "system", "density": "compact", "has_letter_keys": "on",
}  # fmt: skip


def refuse(field: str | None) -> None:
    raise DomainError("The period is closed.", field=field)


class Form(forms.Form):
    name = forms.CharField()


def test_gives_htmx_the_part(make_request: MakeRequest) -> None:
    assert wants_part(make_request(htmx=True))
    assert not wants_part(make_request())


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_gives_boosted_and_restored_requests_the_page(
    make_request: MakeRequest, header: str
) -> None:
    assert not wants_part(make_request(htmx=True, **{header: "true"}))


def test_carries_a_toast_over_a_redirect(make_request: MakeRequest) -> None:
    request = make_request(data={})
    response = go_to(request, "account_login", toast="Invoice sent", undo_url="/undo/1/")
    assert response.status_code == 302
    (message,) = get_messages(request)
    assert str(message) == "Invoice sent" and message.extra_tags == "undo:/undo/1/"


def test_redirects_htmx_by_header(make_request: MakeRequest) -> None:
    response = go_to(make_request(data={}, htmx=True), "account_login")
    assert response.status_code == 200 and response["HX-Redirect"] == "/accounts/login/"


def test_raises_client_events() -> None:
    response = toast(HttpResponse(), "Approved", undo_url="/undo/")
    refresh(response, "entries-changed")
    assert events_of(response) == {
        "psa:toast": {"text": "Approved", "tone": "ok", "undo_url": "/undo/"},
        "entries-changed": {},
    }


@pytest.mark.django_db
def test_puts_a_refusal_on_its_field_and_undoes_the_writes() -> None:
    form = Form({"name": "Kessler"})
    with errors_on(form):
        if form.is_valid():
            User.objects.create(email="kept@acme.test")
            raise DomainError("This name is taken.", field="name")
    assert form.errors["name"] == ["This name is taken."]
    assert not User.objects.filter(email="kept@acme.test").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("field", [None, "elsewhere"])
def test_puts_a_refusal_without_a_field_on_the_form(field: str | None) -> None:
    form = Form({"name": "Kessler"})
    with errors_on(form):
        refuse(field)
    assert form.non_field_errors() == ["The period is closed."]


@pytest.mark.django_db
def test_lets_what_is_missing_pass_through() -> None:
    with pytest.raises(NotFound), errors_on(Form({"name": "x"})):
        raise NotFound("No such invoice.")


def test_tells_what_was_done_to_a_page_that_is_shown_and_not_to_a_script(acme: Firm) -> None:
    client = acme.client("fay")
    page = acme.url("settings/")
    assert client.post(page, SETTINGS).status_code == 302
    shown = [
        b'data-toast="Settings saved"' in client.get(page, headers={"Sec-Fetch-Mode": mode}).content
        for mode in ("cors", "navigate", "navigate")
    ]
    assert shown == [False, True, False]
