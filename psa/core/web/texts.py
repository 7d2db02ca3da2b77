"""Which texts the sources show to people: what a language has to have, and what was not marked.

Templates: what stands in ``trans`` and ``blocktrans``, attributes of components that translate, and
words left plain. Python: sentences and labels, told as patterns by ``psa.core.web.sentences``.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_TRANS = re.compile(r"""{% trans (?:"([^"]*)"|'([^']*)')(?: as \w+)? %}""")
_BLOCK = re.compile(r"{% blocktrans([^%]*)%}(.*?){% endblocktrans %}", re.S)
_PLURAL = re.compile(r"{% plural %}")
_COMPONENT = re.compile(
    r"<c-(?:section|fact|figure|state|form|empty|dialog|page_head|menu|tabs|segment|table)\b[^>]*>",
    re.S,
)
_OWN = re.compile(r'\s(?:title|note|label|submit|text)="([^"{}]+)"')
_TAGS = re.compile(
    r"{#.*?#}|{% comment.*?endcomment %}|{% blocktrans.*?endblocktrans %}|{%.*?%}|{{.*?}}", re.S
)
_QUIET = re.compile(r"<(script|style|svg|kbd|code|pre)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.S)
_CLASSES = re.compile(r"{% block main_class %}.*?{% endblock %}", re.S)
_ENTITY = re.compile(r"&#?\w+;")
_WORD = re.compile(r"[A-Za-z]{2,}")

_SENTENCE = re.compile(r"[A-Za-z’']{2,},? [A-Za-z“(\0]|^[A-Z].*[.!?…]$|\0 [a-z]{2,}|[a-z]{2,}:? \0")
_LABEL = re.compile(r"^[A-Z][a-z-]+(?: [a-z]+)*$")
_OTHER = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|SET|WITH|LOCK|ALTER|DROP|COPY|(CONSTRAINT )?TRIGGER|SAVEPOINT|RELEASE)\b|</|^[\w.]+$(?<![A-Z])|psa-|\bhx-|://|\\\\|%[YmdHMB]"
)
_BRACES = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
_QUIET_CALLS = frozenset(
    (
        # Mistakes of a caller, and what is written to the log.
        "ValueError", "TypeError", "RuntimeError", "KeyError", "LookupError", "AssertionError",
        "NotImplementedError", "ImproperlyConfigured", "debug", "info", "warning", "error", "exception",
        "critical", "get_logger", "getLogger",
        # Patterns and queries.
        "compile", "sub", "fullmatch", "match", "search", "execute", "RunSQL", "CheckConstraint",
        "UniqueConstraint", "Index", "filter", "exclude", "F", "Q", "Value", "RawSQL", "add_argument",
    )
)  # fmt: skip


def marked(template: str) -> set[str]:
    """Every text of a template that a catalogue has to hold, as its msgid."""
    found = {(a or b).replace("%", "%%") for a, b in _TRANS.findall(template)}
    for options, body in _BLOCK.findall(template):
        for piece in _PLURAL.split(body):
            if "trimmed" in options:
                piece = " ".join(line.strip() for line in piece.strip().splitlines())
            escaped = piece.replace("%", "%%")
            found.add(re.sub(r"{{ (\w+) }}", r"%(\1)s", escaped))
    for tag in _COMPONENT.findall(template):
        found |= set(_OWN.findall(tag))
    return {text for text in found if text}


def unmarked(template: str) -> list[str]:
    """Words of a template that no language can change."""
    plain = _QUIET.sub("\n", _TAGS.sub("\n", _CLASSES.sub("", template)))
    lines = (_ENTITY.sub("", line).strip() for line in plain.splitlines())
    return [line for line in lines if _WORD.search(line)]


def sentences(source: str) -> dict[str, int]:
    """Sentences and labels of a module as msgids, with the line of each; not what only programs read."""
    tree = ast.parse(source)
    found: dict[str, int] = {}
    for node in _shown(tree):
        text = _msgid(node)
        bare = re.sub(r"%\(\w+\)s", "\0", text)
        if (_SENTENCE.search(bare) or _LABEL.match(bare)) and not _OTHER.search(bare):
            found.setdefault(text, node.lineno)
    return found


def names_of(expressions: list[str]) -> list[str]:
    """One name for each value in a sentence, made of the expression and told apart where they repeat."""
    names: list[str] = []
    by_expression: dict[str, str] = {}
    for expression in expressions:
        words = re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", expression))
        base = words[-1].strip("_") if words else "value"
        name, count = base, 2
        while name in names and by_expression.get(expression) != name:
            name, count = f"{base}_{count}", count + 1
        by_expression[expression] = name
        names.append(name)
    return names


def _shown(tree: ast.Module) -> Iterator[ast.Constant | ast.JoinedStr]:
    quiet: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            quiet.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            quiet |= {id(part) for part in node.values}
            quiet |= {
                id(inner)
                for part in node.values
                if isinstance(part, ast.FormattedValue) and part.format_spec
                for inner in ast.walk(part.format_spec)
            }
        elif isinstance(node, ast.Call) and _name_of(node.func) in _QUIET_CALLS:
            quiet |= {id(inner) for argument in node.args for inner in ast.walk(argument)}
        elif isinstance(node, ast.AnnAssign | ast.arg | ast.FunctionDef):
            note = node.returns if isinstance(node, ast.FunctionDef) else node.annotation
            quiet |= {id(inner) for inner in ast.walk(note)} if note else set()
    for node in ast.walk(tree):
        if id(node) in quiet:
            continue
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            yield node


def _name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _msgid(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return _BRACES.sub(r"%(\1)s", str(node.value))
    values = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    names = iter(names_of([ast.unparse(part.value) for part in values]))
    return "".join(
        f"%({next(names)})s"
        if isinstance(part, ast.FormattedValue)
        else str(part.value).replace("%", "%%")  # type: ignore[attr-defined]
        for part in node.values
    )


def room_of(path: Path, base: Path) -> str:
    """The room or the part of the floor or roof that a file belongs to, such as ``psa/core/ledger``."""
    parts = path.relative_to(base).parts
    return "/".join(parts[:3]) if parts[0] == "psa" else parts[0]
