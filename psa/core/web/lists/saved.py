"""Saved views of lists: one's own and those that others share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.tenancy import compiled
from psa.core.tenancy.scope import current_tenant_id
from psa.core.web import undo
from psa.core.web.models import DefaultView, SavedView

_KEPT = ("view", "q", "sort", "columns", "group", "pin")
_MOST = 60


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved view as the list's tabs show it."""

    id: int
    name: str
    query: str
    is_shared: bool
    is_mine: bool
    is_default: bool

    @property
    def url(self) -> str:
        return _address(self.id, self.query)


def _address(view_id: int, query: str) -> str:
    return "?" + urlencode([("saved", str(view_id)), *parse_qsl(query)])


def address_of(view: SavedView) -> str:
    """The query string that opens its list so."""
    return _address(view.pk, view.query)


def arranged(query: str) -> str:
    """Filters, search, sort, columns and grouping of an address; equal ones give equal texts."""
    pairs = parse_qsl(query.lstrip("?"), max_num_fields=200)
    kept = [(k, v) for k, v in pairs if (k in _KEPT or k.startswith("f.")) and "\x00" not in v]
    return urlencode(sorted(kept, key=lambda pair: pair[0]))


def views_of(*, actor: Actor, list_key: str) -> Sequence[Saved]:
    """The actor's own and the shared ones, by name; none outside a firm. One query."""
    if current_tenant_id() is None:
        return ()
    rows = compiled.records("web.views_of", _shown_to, actor.membership_id, list_key)
    return [
        Saved(r.pk, r.name, r.query, r.is_shared, r.owner_id == actor.membership_id, r.is_default)
        for r in rows
    ]


def _shown_to(member_id: int, list_key: str) -> "QuerySet[SavedView]":
    chosen = DefaultView.objects.filter(membership_id=member_id, view_id=OuterRef("pk"))
    rows: QuerySet[SavedView] = (
        _visible_to(member_id)
        .filter(list_key=list_key)
        .annotate(is_default=Exists(chosen))
        .order_by("name", "id")[:_MOST]
    )
    return rows


def save_view(
    *,
    list_key: str,
    name: str,
    query: str,
    is_shared: bool,
    actor: Actor,
    at: datetime,
    is_default: bool = False,
) -> SavedView:
    """Keep an arrangement under a name; the actor's own view of that name is replaced.

    Raises  DomainError for an arrangement that is too long to keep.
    """
    kept = arranged(query)
    if len(kept) > 2000:
        raise DomainError(
            "This view has too many filters to be saved. Take some away.", field="name"
        )
    view: SavedView
    view, _ = SavedView.objects.update_or_create(
        tenant_id=actor.tenant_id,
        list_key=list_key,
        owner_id=actor.membership_id,
        name=" ".join(name.split()),
        defaults={"query": kept, "is_shared": is_shared},
        create_defaults={"query": kept, "is_shared": is_shared, "created_at": at},
    )
    if is_default:
        choose_default(view_id=view.pk, is_default=True, actor=actor)
    return view


def change_view(
    *,
    view_id: int,
    actor: Actor,
    name: str | None = None,
    is_shared: bool | None = None,
    is_default: bool | None = None,
    query: str | None = None,
) -> SavedView:
    """Rename a view, share it or not, or give it another arrangement.

    Raises  NotFound; PermissionDenied if it is somebody else's; Conflict for a name taken.
    """
    view = _mine(view_id, actor)
    if name is not None:
        view.name = " ".join(name.split())
        same = SavedView.objects.filter(
            list_key=view.list_key, owner_id=view.owner_id, name=view.name
        )
        if same.exclude(pk=view.pk).exists():
            raise Conflict(
                f"There is a view “{view.name}” already. Choose another name.", field="name"
            )
    if is_shared is not None:
        view.is_shared = is_shared
    if query is not None:
        view.query = arranged(query)[:2000]
    view.save()
    if is_default is not None:
        choose_default(view_id=view.pk, is_default=is_default, actor=actor)
    return view


def choose_default(*, view_id: int, is_default: bool, actor: Actor) -> SavedView:
    """Open this list with the view from now on, or no longer. Raises  NotFound."""
    view = get_view(actor=actor, view_id=view_id)
    own = DefaultView.objects.filter(membership_id=actor.membership_id, list_key=view.list_key)
    own.delete()
    if is_default:
        DefaultView.objects.create(
            tenant_id=actor.tenant_id,
            membership_id=actor.membership_id,
            list_key=view.list_key,
            view=view,
        )
    return view


def delete_view(*, view_id: int, actor: Actor) -> dict[str, object]:
    """Remove a view; returns what `restore_view` needs. Raises  NotFound, PermissionDenied."""
    view = _mine(view_id, actor)
    was: dict[str, object] = {
        "list_key": view.list_key,
        "name": view.name,
        "query": view.query,
        "is_shared": view.is_shared,
        "owner_id": view.owner_id,
    }
    view.delete()
    return was


def restore_view(*, payload: dict[str, object], actor: Actor, at: datetime) -> str:
    """Bring back a view that was deleted; a newer one of the same name is left alone."""
    view, is_new = SavedView.objects.get_or_create(
        tenant_id=actor.tenant_id,
        list_key=payload["list_key"],
        name=payload["name"],
        owner_id=payload["owner_id"],
        defaults={"query": payload["query"], "is_shared": payload["is_shared"], "created_at": at},
    )
    if not is_new:
        raise Conflict(f"There is a view “{view.name}” again already.")
    return f"The view “{view.name}” is back"


def get_view(*, actor: Actor, view_id: int) -> SavedView:
    """One view that the actor may use. NotFound alike if absent or somebody else's own."""
    found = _visible_to(actor.membership_id).filter(pk=view_id).first()
    if found is None:
        raise NotFound("There is no such view, or it is not shared with you.")
    return found


def _visible_to(member_id: int) -> QuerySet[SavedView]:
    rows: QuerySet[SavedView] = SavedView.objects.filter(Q(owner_id=member_id) | Q(is_shared=True))
    return rows


def _mine(view_id: int, actor: Actor) -> SavedView:
    """Locked. An administrator may also change what others share."""
    view = get_view(actor=actor, view_id=view_id)
    if view.owner_id != actor.membership_id and not actor.has(AccessPermission.MANAGE_PARAMETERS):
        raise PermissionDenied(
            f"“{view.name}” belongs to somebody else. Save the list under a name of your own instead."
        )
    return view


undo.register("web.saved_view", restore_view)
