"""Sentences of rules and services in the reader's language."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from psa.core.web import formats, sentences
from psa.core.web.templatetags.psa import state_words, words


@pytest.fixture
def german() -> Iterator[None]:
    formats.use_region("de-de", "de")
    with translation.override("de"):
        yield
    formats.use_region("", "")


TOLD = (
    # Whole texts, and names that stay what they are.
    ("Week submitted", "Woche eingereicht"),
    ("A project needs a name.", "Ein Projekt braucht einen Namen."),
    ("Task “Draft” is completed. Ask the project's manager to reopen it.",
     "Die Aufgabe „Draft“ ist abgeschlossen. Bitten Sie die Projektleitung, sie wieder zu öffnen."),
    # Values are told in their turn; dates and amounts are written as in the reader's region.
    ("Contract C-0098 is on hold and cannot be changed any more.",
     "Vertrag C-0098 ist on hold und kann nicht mehr geändert werden."),
    ("Project P-0001 ended on 9 Jul 2026.", "Das Projekt P-0001 endete am 09.07.2026."),
    ("Above 1,250.50 EUR a receipt is needed, and there is none.",
     "Ab 1.250,50 EUR ist ein Beleg nötig, und es gibt keinen."),
    # Counted things, several sentences in one text, and predicates whose first letter was made small.
    ("2 invoice proposals are ready to review", "2 Rechnungsvorschläge sind zu prüfen"),
    ("Choose a file. A project needs a name.",
     "Wählen Sie eine Datei. Ein Projekt braucht einen Namen."),
    # What is not known stays as it is.
    ("Mobilise and blueprint", "Mobilise and blueprint"),
    ("", ""),
)  # fmt: skip


@pytest.mark.parametrize(("text", "german_text"), TOLD)
def test_a_sentence_is_told_in_german(german: None, text: str, german_text: str) -> None:
    assert sentences.told(text) == german_text
    assert sentences.told(sentences.told(text)) == german_text


def test_a_period_reads_as_its_month_and_what_the_firm_wrote_as_it_wrote_it(german: None) -> None:
    assert sentences.month_told("January 2026") == "Januar 2026"
    assert sentences.month_told("2026-P1") == "2026-P1"
    assert formats.day_of_month_text(date(2026, 11, 23)) == "23. Nov."
    own = sentences.AsWritten("Approved")
    assert (words("Approved"), words(own), state_words(own)) == ("Freigegeben", own, own)
    assert sentences.label_told("Approved") == "Freigegeben"
    assert sentences.label_told(own) == own


def test_english_readers_read_what_was_written() -> None:
    for text, _ in TOLD:
        assert sentences.told(text) == text


def test_the_pattern_with_most_letters_wins(german: None) -> None:
    text = "“Board” is no country: two letters, such as DE."
    assert sentences.told(text) == "„Board“ ist kein Land: zwei Buchstaben, etwa DE."


def test_a_state_and_a_button_of_one_english_word_are_two_in_german(german: None) -> None:
    assert (state_words("Open"), words("Open")) == ("Offen", "Öffnen")
    assert state_words("Approved") == words("Approved") != "Approved"
