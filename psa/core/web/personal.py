"""A member's own settings: read once a request, changed on one page."""

from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from django.db.models import QuerySet

from psa.core.access import beside
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.tenancy import compiled
from psa.core.tenancy.scope import current_tenant_id
from psa.core.web.models import PersonalSettings

# Regions people may choose, by how numbers and dates read there.
REGIONS = (
    "en-gb", "en-us", "en-ie", "en-in", "en-au", "en-ca", "de-de", "de-at", "de-ch", "fr-fr", "fr-ch",
    "nl-nl", "es-es", "it-it", "pl-pl", "sv-se", "da-dk", "nb-no", "fi-fi", "pt-pt", "cs-cz", "ja-jp",
)  # fmt: skip
LANGUAGES = (("en", "English"), ("de", "Deutsch"))
_SETTINGS = ("language", "theme", "density", "has_letter_keys", "week_starts_on", "hides_checklist")
_OF_MEMBERSHIP = ("locale", "time_zone", "hours_as_decimal")


@cache
def region_choices() -> tuple[tuple[str, str], ...]:
    """Each region with a day and a number as they are written there."""
    return tuple(sorted(((code, _region_name(code)) for code in REGIONS), key=lambda pair: pair[1]))


def region_of(country: str) -> str:
    """The region in which numbers and dates of the country are written; British where none is."""
    ending = f"-{country.lower()}"
    return next((code for code in REGIONS if code.endswith(ending)), REGIONS[0])


def _region_name(code: str) -> str:
    try:
        locale = Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return code
    return f"{locale.english_name}"


@cache
def time_zone_choices() -> tuple[tuple[str, str], ...]:
    zones = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/"))
    return (("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in zones))


_BESIDE = "web.personal_settings"
beside.register_of_member(
    _BESIDE, lambda members: PersonalSettings.objects.filter(membership__in=members)
)


def settings_of(
    actor: Actor, known: Mapping[Hashable, list[Any]] | None = None
) -> PersonalSettings:
    """The actor's row, or an unsaved one with what goes without a choice.

    One query, unless it is `known` from what stands beside this very member.
    """
    if current_tenant_id() is None:
        return PersonalSettings()
    found = (known or {}).get(_BESIDE)
    if found is None:
        found = compiled.records(_BESIDE, _settings_of, actor.membership_id)
    if found:
        row: PersonalSettings = found[0]
        return row
    return PersonalSettings(tenant_id=actor.tenant_id, membership_id=actor.membership_id)


def _settings_of(member_id: int) -> "QuerySet[PersonalSettings]":
    rows: QuerySet[PersonalSettings] = PersonalSettings.objects.filter(membership_id=member_id)
    return rows


def save_settings(*, actor: Actor, values: Mapping[str, Any]) -> None:
    """Change the actor's own settings; names of the settings or of the membership's fields."""
    own = {name: values[name] for name in _SETTINGS if name in values}
    if own:
        PersonalSettings.objects.update_or_create(
            tenant_id=actor.tenant_id, membership_id=actor.membership_id, defaults=own
        )
    member = {name: values[name] for name in _OF_MEMBERSHIP if name in values}
    if member:
        Membership.objects.filter(pk=actor.membership_id).update(**member)


def hide_checklist(*, actor: Actor, is_hidden: bool) -> None:
    """Take the actor's checklist off their first page, or put it back."""
    PersonalSettings.objects.update_or_create(
        tenant_id=actor.tenant_id,
        membership_id=actor.membership_id,
        defaults={"hides_checklist": is_hidden},
    )
