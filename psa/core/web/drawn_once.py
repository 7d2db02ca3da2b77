"""``{% drawn_once %}``: what every page repeats is drawn once a process, not once a page.

The block sees its arguments and nothing else of the page, so that what it draws follows from them,
the language and the firm's address alone: whoever they are the same for may be shown the same text.
"""

from collections import OrderedDict
from threading import Lock
from typing import Any

from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.exceptions import TemplateSyntaxError
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# A firm's navigation takes some 10 kB, the other pieces 1 to 3.
_MOST = 400
_drawn: OrderedDict[tuple[Any, ...], SafeString] = OrderedDict()
_lock = Lock()


class DrawnOnce(Node):
    """Its arguments must be hashable; equal ones draw alike."""

    def __init__(self, given: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.given, self.nodelist = given, nodelist

    def render(self, context: Context) -> SafeString:
        values = {name: expression.resolve(context) for name, expression in self.given.items()}
        key = (self, get_language(), get_script_prefix(), *values.values())
        with _lock:
            found = _drawn.get(key)
            if found is not None:
                _drawn.move_to_end(key)
                return found
        drawn: SafeString = self.nodelist.render(context.new(values))
        with _lock:
            _drawn[key] = drawn
            while len(_drawn) > _MOST:
                _drawn.popitem(last=False)
        return drawn


def drawn_once(parser: Parser, token: Token) -> DrawnOnce:
    """``{% drawn_once links=shell.navigation %}…{% enddrawn_once %}``, or without arguments."""
    words = token.split_contents()[1:]
    given = token_kwargs(words, parser)
    if words:
        raise TemplateSyntaxError("drawn_once takes name=value arguments alone.")
    nodelist = parser.parse(("enddrawn_once",))
    parser.delete_first_token()
    return DrawnOnce(given, nodelist)
