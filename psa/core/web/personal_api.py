"""Endpoints of one's own settings: how the application looks and answers for the token's person."""

from typing import Annotated, Any

from pydantic import Field

from psa.core.access.models import Membership
from psa.core.web import personal
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import OneOf
from psa.core.web.models import PersonalSettings

endpoints = Endpoints("settings", "My settings")
_LANGUAGES = ("", *(code for code, _ in personal.LANGUAGES))
_ZONES = [code for code, _ in personal.time_zone_choices()]


class SettingsOut(Out):
    """Empty language or region, and no week start: as the firm and the region have it."""

    language: str
    locale: str
    time_zone: str
    hours_as_decimal: bool
    theme: str
    density: str
    has_letter_keys: bool
    week_starts_on: int | None = Field(description="0 is Monday.")
    hides_checklist: bool


class SettingsIn(In):
    """What is left out stays as it is."""

    language: Annotated[str, OneOf(*_LANGUAGES)] = ""
    locale: Annotated[str, OneOf("", *personal.REGIONS)] = ""
    time_zone: Annotated[str, OneOf(*_ZONES)] = "UTC"
    hours_as_decimal: bool = False
    theme: Annotated[str, OneOf(*PersonalSettings.Theme.values)] = "system"
    density: Annotated[str, OneOf(*PersonalSettings.Density.values)] = "comfortable"
    has_letter_keys: bool = True
    week_starts_on: int | None = Field(None, ge=0, le=6, strict=True)
    hides_checklist: bool = False


@endpoints.read("/me/settings", SettingsOut)
def get_my_settings(request: ApiRequest) -> Any:
    """Your own settings."""
    own = personal.settings_of(request.actor)
    member = Membership.objects.get(pk=request.actor.membership_id)
    return {
        name: getattr(own if hasattr(own, name) else member, name)
        for name in SettingsOut.model_fields
    }


@endpoints.write("PATCH", "/me/settings", SettingsOut, of=get_my_settings)
def change_my_settings(request: ApiRequest, body: SettingsIn) -> Any:
    """Change your own settings."""
    personal.save_settings(actor=request.actor, values=body.given())
    return get_my_settings(request)
