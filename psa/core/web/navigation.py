"""The left navigation by lifecycle stage, and the commands of the palette.

Rooms register in their own ``navigation.py``, which is imported when the app is installed. Labels
are English and are translated when they are shown.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language, gettext

from psa.core.org import features
from psa.core.org.rules.deployment import Feature
from psa.core.tenancy.scope import current_tenant_id

Badge = Callable[[HttpRequest], int | None]


class Stage(StrEnum):
    """Where in the lifecycle an item belongs; OWN is what is one's own, above the stages."""

    OWN = "own"
    SELL = "sell"
    PLAN = "plan"
    STAFF = "staff"
    DELIVER = "deliver"
    BILL = "bill"
    ACCOUNT = "account"
    ANALYSE = "analyse"
    SETUP = "setup"


class Group(StrEnum):
    """Headings inside a stage of many items, in the order they are shown; the first has none."""

    NONE = ""
    FIRM = "Firm"
    PEOPLE = "People and access"
    MONEY = "Money"
    WORK = "Work"
    AUTOMATION = "Automation"
    DATA = "Data"


@dataclass(frozen=True, slots=True)
class StageFace:
    label: str
    icon: str


FACES: dict[Stage, StageFace] = {
    Stage.SELL: StageFace("Sell", icon="target-arrow"),
    Stage.PLAN: StageFace("Plan", icon="list-tree"),
    Stage.STAFF: StageFace("Staff", icon="calendar-user"),
    Stage.DELIVER: StageFace("Deliver", icon="checklist"),
    Stage.BILL: StageFace("Bill", icon="file-invoice"),
    Stage.ACCOUNT: StageFace("Account", icon="building-bank"),
    Stage.ANALYSE: StageFace("Analyse", icon="chart-histogram"),
    Stage.SETUP: StageFace("Set up", icon="settings"),
}


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place to go. `also` names further URL names that mark it current.

    `group` puts it under a heading, `about` says in a line what it is for. An overview stands only
    `beside_others` of its stage. Without its `feature` the firm's deployment model has no such page.
    """

    label: str
    url_name: str
    stage: Stage
    permission: str | tuple[str, ...] | None = None
    icon: str | None = None
    order: int = 50
    badge: Badge | None = None
    also: tuple[str, ...] = ()
    phone: bool = False
    group: Group = Group.NONE
    about: str = ""
    beside_others: bool = False
    feature: Feature | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do, found by its label or by `words` in the palette."""

    label: str
    url_name: str
    permission: str | tuple[str, ...] | None = None
    icon: str = "arrow-right"
    words: str = ""
    keys: str = ""


@dataclass(frozen=True, slots=True)
class NavLink:
    label: str
    url: str
    icon: str | None
    is_current: bool
    count: int | None
    url_name: str
    heading: str = ""  # of the group that begins with it
    about: str = ""


@dataclass(frozen=True, slots=True)
class NavStage:
    label: str
    icon: str
    is_open: bool
    links: tuple[NavLink, ...]
    stage: Stage

    @property
    def groups(self) -> list[tuple[str, list[NavLink]]]:
        """The links by heading; those before the first heading have an empty one."""
        found: list[tuple[str, list[NavLink]]] = []
        for link in self.links:
            if link.heading or not found:
                found.append((link.heading, []))
            found[-1][1].append(link)
        return found


@dataclass(frozen=True, slots=True)
class Navigation:
    own: tuple[NavLink, ...]
    stages: tuple[NavStage, ...]
    phone: tuple[NavLink, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """A place or command as the palette lists it."""

    label: str
    where: str
    url: str
    icon: str
    keys: str = ""


_items: dict[str, NavItem] = {}
_commands: dict[str, Command] = {}
_top: dict[str, str] = {}


def register(*items: NavItem) -> None:
    """Add items; one per URL name, the last registration wins."""
    for item in items:
        _items[item.url_name] = item
    _without_counts.cache_clear()
    feature_of.cache_clear()
    _current_name.cache_clear()


def register_commands(*commands: Command) -> None:
    """Add commands of the palette; one per URL name."""
    for command in commands:
        _commands[command.url_name] = command


def register_top(template: str, *, permission: str) -> None:
    """Add a part to the head of every page, beside the search; it asks nothing of the database."""
    _top[template] = permission


def top_parts(request: HttpRequest) -> list[str]:
    """The templates that rooms put into the head of this person's pages."""
    return [template for template, wanted in _top.items() if _allowed(request, wanted)]


def registered() -> tuple[NavItem | Command, ...]:
    """Everything registered, for the system check."""
    return (*_items.values(), *_commands.values())


@lru_cache(maxsize=1024)
def feature_of(view_name: str) -> Feature | None:
    """What the firm's deployment model must offer for a page, by the item that it belongs to."""
    item = _current_item(_items.values(), view_name)
    return item.feature if item else None


def _lacking() -> frozenset[Feature]:
    """What the firm's deployment model does not offer; outside a firm, nothing is held back."""
    if current_tenant_id() is None:
        return frozenset()
    return frozenset(Feature) - features.offered()


def _allowed(request: HttpRequest, permission: str | tuple[str, ...] | None) -> bool:
    """Whether this person holds the permission, or any of several."""
    actor = getattr(request, "actor", None)
    return actor is not None and _opens(actor.permissions, permission)


def _opens(held: frozenset[str], permission: str | tuple[str, ...] | None) -> bool:
    wanted = (permission,) if isinstance(permission, str) else permission
    return wanted is None or any(one in held for one in wanted)


def _stem(url_name: str) -> str:
    return url_name.removesuffix("_list").removesuffix("s")


def _is_current(item: NavItem, view_name: str) -> bool:
    if view_name == item.url_name or view_name in item.also:
        return True
    stem = _stem(item.url_name)
    return view_name == stem or view_name.startswith(stem + "_")


def _current_item(items: Iterable[NavItem], view_name: str) -> NavItem | None:
    """The item the page belongs to: an exact name first, then the longest stem."""
    found = [item for item in items if _is_current(item, view_name)]
    found.sort(key=lambda i: (view_name in (i.url_name, *i.also), len(_stem(i.url_name))))
    return found[-1] if found else None


def navigation(request: HttpRequest) -> Navigation:
    """What this person may open, with the current stage open."""
    actor, match = getattr(request, "actor", None), getattr(request, "resolver_match", None)
    if actor is None:
        return Navigation((), (), ())
    held, lacking = actor.permissions, _lacking()
    current = _current_name(held, lacking, match.view_name if match else "")
    shown = _without_counts(held, lacking, current, get_language(), get_script_prefix())
    counts = {
        item.url_name: item.badge(request)
        for item in _items.values()
        if item.badge and _allowed(request, item.permission)
    }
    return _with_counts(shown, {name: count for name, count in counts.items() if count})


def _with_counts(shown: Navigation, counts: dict[str, int | None]) -> Navigation:
    if not counts:
        return shown

    def counted(links: tuple[NavLink, ...]) -> tuple[NavLink, ...]:
        return tuple(
            replace(link, count=counts[link.url_name]) if link.url_name in counts else link
            for link in links
        )

    return Navigation(
        own=counted(shown.own),
        stages=tuple(replace(stage, links=counted(stage.links)) for stage in shown.stages),
        phone=counted(shown.phone),
    )


@lru_cache(maxsize=4096)
def _current_name(held: frozenset[str], lacking: frozenset[Feature], view_name: str) -> str:
    """The URL name of the item that a page belongs to, or none: most pages share one with others."""
    current = _current_item(_open_to(held, lacking), view_name)
    return current.url_name if current else ""


def _open_to(held: frozenset[str], lacking: frozenset[Feature]) -> list[NavItem]:
    """The items that these permissions open in a firm that lacks these features, in order."""
    allowed = [
        i for i in _items.values() if _opens(held, i.permission) and i.feature not in lacking
    ]
    return sorted(allowed, key=lambda i: (i.order, i.label))


@lru_cache(maxsize=256)
def _without_counts(
    held: frozenset[str],
    lacking: frozenset[Feature],
    current: str,
    language: str | None,
    prefix: str,
) -> Navigation:
    """The same for all who hold these permissions in firms that lack the same; labels and addresses
    are those of the language and prefix in force, which are named for their place in the key."""
    allowed = _open_to(held, lacking)
    links = {
        item.url_name: NavLink(
            label=gettext(item.label),
            url=reverse(item.url_name),
            icon=item.icon,
            is_current=item.url_name == current,
            count=None,
            url_name=item.url_name,
        )
        for item in allowed
    }
    stages = []
    for stage, face in FACES.items():
        members = [i for i in allowed if i.stage is stage]
        members.sort(key=lambda i: list(Group).index(i.group))
        if any(not i.beside_others for i in members):
            stages.append(
                NavStage(
                    label=gettext(face.label),
                    icon=face.icon,
                    is_open=any(i.url_name == current for i in members),
                    links=tuple(_under_headings(members, links)),
                    stage=stage,
                )
            )
    return Navigation(
        own=tuple(links[i.url_name] for i in allowed if i.stage is Stage.OWN),
        stages=tuple(stages),
        phone=tuple(links[i.url_name] for i in allowed if i.phone)[:4],
    )


def _under_headings(members: list[NavItem], links: dict[str, NavLink]) -> Iterator[NavLink]:
    """The links in order; the first of each group carries its heading."""
    group = Group.NONE
    for item in members:
        heading = gettext(item.group) if item.group and item.group is not group else ""
        group = item.group
        about = gettext(item.about) if item.about else ""
        yield replace(links[item.url_name], heading=heading, about=about)


def _has_others(request: HttpRequest, item: NavItem) -> bool:
    """Whether this person may open more of the item's stage than it."""
    return any(
        other.stage is item.stage and other is not item and _allowed(request, other.permission)
        for other in _items.values()
    )


def destinations(request: HttpRequest, query: str) -> tuple[list[Destination], list[Destination]]:
    """Places and commands that contain every word of the query; all of them for an empty one."""
    words = query.casefold().split()
    lacking = _lacking()

    def matches(*texts: str) -> bool:
        text = " ".join(texts).casefold()
        return all(word in text for word in words)

    places = []
    for item in sorted(_items.values(), key=lambda i: (list(Stage).index(i.stage), i.order)):
        where = gettext(FACES[item.stage].label if item.stage in FACES else "Mine")
        label = gettext(item.label)
        if item.feature in lacking or (item.beside_others and not _has_others(request, item)):
            continue
        if _allowed(request, item.permission) and matches(label, item.label, where):
            icon = item.icon or (FACES[item.stage].icon if item.stage in FACES else "arrow-right")
            places.append(Destination(label, where, reverse(item.url_name), icon))
    commands = [
        Destination(gettext(c.label), "", reverse(c.url_name), c.icon, c.keys)
        for c in sorted(_commands.values(), key=lambda c: c.label)
        if _allowed(request, c.permission)
        and feature_of(c.url_name) not in lacking
        and matches(gettext(c.label), c.label, c.words)
    ]
    return places, commands
