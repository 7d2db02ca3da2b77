"""Endpoints of saved views: one's own and those that others share."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query
from pydantic import Field

from psa.core import clock
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import Id, Text
from psa.core.web.lists import saved

endpoints = Endpoints("views", "Saved views")
ListKey = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
Arrangement = Annotated[str, Text(2000)]


class SavedViewOut(Out):
    """A list as somebody arranged it: `query` is what its address says."""

    id: int
    list_key: str
    name: str
    query: str
    is_shared: bool
    owner_id: int
    created_at: datetime


class ListedViewOut(Out):
    """A view as the tabs of its list show it."""

    id: int
    name: str
    query: str
    is_shared: bool
    is_mine: bool
    is_default: bool


class NewSavedViewIn(In):
    list_key: ListKey
    name: Annotated[str, Text(60, blank=False)]
    query: Arrangement = Field("", description="Such as `f.state=overdue&sort=-due_on`.")
    is_shared: bool = False
    is_default: bool = Field(False, description="Open the list with it.")


class SavedViewIn(In):
    """What is left out stays as it is."""

    name: Annotated[str, Text(60, blank=False)] | None = None
    query: Arrangement | None = None
    is_shared: bool | None = None
    is_default: bool | None = None


class OpenWithIn(In):
    is_default: bool


@endpoints.report("/saved-views", list[ListedViewOut])
def list_saved_views(request: ApiRequest, list_key: ListKey = Query(...)) -> Any:
    """Your own and the shared views of one list, such as `invoices`."""
    return list(saved.views_of(actor=request.actor, list_key=list_key))


@endpoints.read("/saved-views/{view_id}", SavedViewOut)
def get_saved_view(request: ApiRequest, view_id: Id) -> Any:
    """One view that you may use."""
    return saved.get_view(actor=request.actor, view_id=view_id)


@endpoints.write("POST", "/saved-views", SavedViewOut, status=201)
def save_view(request: ApiRequest, body: NewSavedViewIn) -> Any:
    """Keep an arrangement under a name; your own view of that name is replaced."""
    return saved.save_view(actor=request.actor, at=clock.now(), **body.values())


@endpoints.write("PATCH", "/saved-views/{view_id}", SavedViewOut, of=get_saved_view)
def change_view(request: ApiRequest, view_id: Id, body: SavedViewIn) -> Any:
    """Rename, share, arrange anew; somebody else's only for who sets the firm up."""
    return saved.change_view(view_id=view_id, actor=request.actor, **body.values())


@endpoints.write("POST", "/saved-views/{view_id}/default", SavedViewOut)
def open_with_view(request: ApiRequest, view_id: Id, body: OpenWithIn) -> Any:
    """Open the list with this view, also somebody else's, or no longer."""
    return saved.choose_default(view_id=view_id, is_default=body.is_default, actor=request.actor)


@endpoints.write("DELETE", "/saved-views/{view_id}", None, status=204, of=get_saved_view)
def delete_view(request: ApiRequest, view_id: Id) -> Any:
    """Remove a view."""
    saved.delete_view(view_id=view_id, actor=request.actor)
