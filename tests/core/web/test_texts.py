"""Nothing is shown that a language could not change, and what is shown has its German."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from psa.core.web import texts

BASE = Path(settings.BASE_DIR)
PO = BASE / "locale" / "de" / "LC_MESSAGES" / "django.po"
TEMPLATES = sorted((BASE / "templates").rglob("*.html")) + sorted(
    (BASE / "templates").rglob("*.txt")
)
GALLERY = BASE / "templates" / "web" / "style.html"
# Names of formats, and what is typed as it stands.
UNMARKED = {
    "Authorization: Bearer psa_…",
    "/api/v1",
    "openapi.json",
    "CSV",
    "PDF",
    "pain.001",
    "UTC",
}
# Rooms whose every sentence has its German. Others are named here once they are.
ROOMS = (
    "timeexpense", "projects", "sales", "billing", "revenue", "resources", "psa/core/web", "psa/core/access",
    "psa/core/audit", "psa/core/custom_fields", "psa/core/documents", "psa/core/jobs", "psa/core/ledger",
    "psa/core/money", "psa/core/notifications", "psa/core/org", "psa/core/pricing", "psa/core/automation",
    "psa/edges/home", "psa/edges/identity", "psa/edges/lifecycle", "psa/edges/exports", "psa/edges/repricing",
    "psa/edges/setup", "psa/edges/integrations",
)  # fmt: skip
# Programs talk English: API, migrations, demonstration data, the gallery of components.
ELSEWHERE = re.compile(
    r"(^|/)(migrations|management|demo|api)/|(^|_)api\.py$|/\w*_?api\.py$|web/(example|texts)\.py$"
)
# What only programs read, and what is typed or compared: not to be translated. The list shrinks.
NOT_SHOWN = set((Path(__file__).parent / "not_shown.txt").read_text("utf-8").split("\n"))


def known() -> set[str]:
    with PO.open("rb") as source:
        catalog = read_po(source)
    found: set[str] = set()
    for message in catalog:
        if message.id and message.string:
            found |= {message.id} if isinstance(message.id, str) else set(message.id)
    return found


KNOWN = known()


def has_german(text: str) -> bool:
    with_braces = re.sub(r"%\((\w+)\)s", r"{\1}", text)
    return bool({text, text.replace("%", "%%"), with_braces} & KNOWN)


def test_no_template_holds_words_that_are_not_marked() -> None:
    left = {
        path.name: [
            text for text in texts.unmarked(path.read_text("utf-8")) if text not in UNMARKED
        ]
        for path in TEMPLATES
        if path != GALLERY
    }
    assert {name: found for name, found in left.items() if found} == {}


def test_every_text_of_every_template_has_its_german() -> None:
    left = {
        path.name: sorted(
            text for text in texts.marked(path.read_text("utf-8")) if not has_german(text)
        )
        for path in TEMPLATES
        if path != GALLERY
    }
    assert {name: found for name, found in left.items() if found} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_of_a_room_has_its_german(room: str) -> None:
    left = {}
    for path in sorted((BASE / room).rglob("*.py")):
        if ELSEWHERE.search(path.relative_to(BASE).as_posix()):
            continue
        for text, line in texts.sentences(path.read_text("utf-8")).items():
            if not has_german(text) and text.replace("\n", "⏎") not in NOT_SHOWN:
                left[text] = f"{path.relative_to(BASE)}:{line}"
    assert left == {}


def test_what_every_list_counts_has_its_german() -> None:
    """A single word is no sentence, so it is looked for by itself."""
    noun = re.compile(r'\bnoun=\(\s*"([^"]+)",\s*"([^"]+)"')
    counted = {
        word
        for room in {name.partition("/")[0] for name in ROOMS}
        for path in (BASE / room).rglob("*.py")
        for pair in noun.findall(path.read_text("utf-8"))
        for word in pair
    }
    assert len(counted) > 100
    assert sorted(counted - KNOWN) == []


def test_every_label_of_one_word_has_its_german() -> None:
    """As what lists count: a single word is no sentence."""
    label = re.compile(r'\b(?:label|toast|submit|title|action)="([A-Z][a-z]+)"')
    said = {
        word: path.relative_to(BASE).as_posix()
        for room in {name.partition("/")[0] for name in ROOMS}
        for path in (BASE / room).rglob("*.py")
        if not ELSEWHERE.search(path.relative_to(BASE).as_posix())
        for word in label.findall(path.read_text("utf-8"))
    }
    assert len(said) > 100
    assert {word: where for word, where in said.items() if word not in KNOWN} == {}


SAID_FIRST = frozenset(
    {"Action", "State", "Column", "Figure", "Empty", "View", "Step", "ChoiceFilter", "TextFilter"}
)


def words_said(source: str) -> set[str]:
    """Words and short labels that stand alone: of lists, states and choices of a model."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in SAID_FIRST:
                found |= {one.value for one in node.args if isinstance(one, ast.Constant)
                          and isinstance(one.value, str)}  # fmt: skip
        elif isinstance(node, ast.ClassDef) and any(
            "TextChoices" in ast.unparse(b) for b in node.bases
        ):
            found |= {
                str(one.value.elts[1].value)
                for one in node.body
                if isinstance(one, ast.Assign) and isinstance(one.value, ast.Tuple)
                and isinstance(one.value.elts[1], ast.Constant)
            }  # fmt: skip
    return {word for word in found if re.match(r"[A-Z][a-z]+( |$)", word)}


def test_every_word_of_lists_states_and_choices_has_its_german() -> None:
    said = {
        word: path.relative_to(BASE).as_posix()
        for room in {name.partition("/")[0] for name in ROOMS}
        for path in (BASE / room).rglob("*.py")
        if not ELSEWHERE.search(path.relative_to(BASE).as_posix())
        for word in words_said(path.read_text("utf-8"))
    }
    assert len(said) > 500
    assert {word: where for word, where in said.items() if not has_german(word)} == {}


def test_every_place_of_a_text_is_in_its_german_too() -> None:
    place = re.compile(r"%\((\w+)\)s")
    with PO.open("rb") as source:
        catalog = read_po(source)
    wrong = []
    for message in catalog:
        ids = (message.id,) if isinstance(message.id, str) else message.id
        strings = (message.string,) if isinstance(message.string, str) else message.string
        named = {name for text in ids for name in place.findall(text)}
        wrong += [ids[0] for text in strings if not set(place.findall(text)) <= named]
    assert wrong == []


def test_every_text_of_the_scripts_has_its_german() -> None:
    scripts = BASE / "static" / "js"
    german = set(
        re.findall(r'^  "((?:[^"\\]|\\.)+)":', (scripts / "words.de.js").read_text("utf-8"), re.M)
    )
    said = {
        text
        for path in scripts.glob("*.js")
        for call in re.findall(r'\btold\(((?:[^"()]|"[^"]*")*)', path.read_text("utf-8"))
        for text in re.findall(r'"([^"]*[A-Za-z][^"]*)"', call)
    }
    assert sorted(said - german) == []


def test_every_help_text_is_there_in_german() -> None:
    folder = BASE / "docs" / "help"
    for path in folder.glob("*.md"):
        german = (folder / "de" / path.name).read_text("utf-8").splitlines()
        assert german[1] == path.read_text("utf-8").splitlines()[1], path.name
