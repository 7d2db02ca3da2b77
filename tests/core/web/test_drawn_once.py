import pytest
from django.conf import settings
from django.template import Context, Template, TemplateSyntaxError
from django.urls import set_script_prefix, set_urlconf
from django.utils import translation

_TIMES: list[str] = []


class Told:
    """Counts how often it is drawn; equal ones are the same."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        _TIMES.append(self.text)
        return self.text


@pytest.fixture(autouse=True)
def anew() -> None:
    _TIMES.clear()


def test_draws_equal_arguments_once() -> None:
    block = Template("{% drawn_once of=told %}<b>{{ of }}</b>{% enddrawn_once %}")
    texts = [block.render(Context({"told": Told(t)})) for t in ("a", "b", "a", "a", "b")]
    assert texts == ["<b>a</b>", "<b>b</b>", "<b>a</b>", "<b>a</b>", "<b>b</b>"]
    assert _TIMES == ["a", "b"]


def test_sees_nothing_of_the_page_but_its_arguments() -> None:
    block = Template(
        "{% drawn_once %}{{ secret }}-{{ request }}-{{ csrf_token }}{% enddrawn_once %}"
    )
    assert block.render(Context({"secret": "rate 140", "request": 1, "csrf_token": 2})) == "--"


def test_keeps_languages_and_firms_apart() -> None:
    block = Template(
        "{% drawn_once %}{% trans 'Menu' %} {% url 'web:settings' %}{% enddrawn_once %}"
    )
    found = []
    set_urlconf(settings.TENANT_URLCONF)
    try:
        for prefix, language in (("/acme/", "en-gb"), ("/globex/", "en-gb"), ("/acme/", "de")):
            set_script_prefix(prefix)
            with translation.override(language):
                found.append(block.render(Context()))
    finally:
        set_script_prefix("/")
        set_urlconf(None)
    assert found == ["Menu /acme/settings/", "Menu /globex/settings/", "Menü /acme/settings/"]


def test_refuses_arguments_without_a_name() -> None:
    with pytest.raises(TemplateSyntaxError):
        Template("{% drawn_once told %}{% enddrawn_once %}")
