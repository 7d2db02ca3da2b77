"""The form of levelling several plans: shape only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from .rules.levelling import KEEPS_ITS_PLACE
from .selectors.levelling_choices import LevelChoice, people_of_projects

_USUAL = 500


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A project to choose, with its two fields."""

    choice: LevelChoice
    is_chosen: bool
    priority: Any


class LevelTogether(forms.Form):
    """Which projects, how important each is, whose work, and whether the finishes must stay."""

    people = forms.TypedMultipleChoiceField(
        label="Only what these people have too much of", coerce=int, required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Empty: everybody who works on the projects.",
    )  # fmt: skip
    within_slack = forms.BooleanField(label="Only within slack: no finish moves", required=False)

    def __init__(
        self, data: QueryDict | None, *, rows: Sequence[LevelChoice], chosen: QueryDict
    ) -> None:
        super().__init__(_whole(data, rows))
        self.choices = rows
        self.chosen = {int(key) for key in chosen.getlist("project") if key.isdecimal()}
        people = self.fields["people"]
        assert isinstance(people, forms.TypedMultipleChoiceField)
        people.choices = people_of_projects([row.id for row in rows])
        for row in rows:
            self.fields[f"priority_{row.id}"] = forms.IntegerField(
                label=row.name, min_value=0, max_value=KEEPS_ITS_PLACE, required=False,
                initial=_USUAL if row.can_manage else KEEPS_ITS_PLACE,
            )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = self.cleaned_data
        return {
            "priorities": {
                row.id: self._priority(row, found.get(f"priority_{row.id}"))
                for row in self.choices
                if row.id in self.chosen
            },
            "resource_ids": found["people"],
            "within_slack": found["within_slack"],
        }

    def rows(self) -> list[ChoiceRow]:
        """The projects as the page shows them, those chosen first."""
        found = [
            ChoiceRow(row, row.id in self.chosen, self[f"priority_{row.id}"])
            for row in self.choices
        ]
        return sorted(found, key=lambda row: not row.is_chosen)

    def hidden(self) -> list[tuple[str, str]]:
        """What was asked, for the form that applies it."""
        if not self.is_bound:
            return []
        data = self.data
        assert isinstance(data, QueryDict)
        return [
            (name, value)
            for name, values in data.lists()
            if name in ("project", "people", "within_slack", "look") or name.startswith("priority_")
            for value in values
        ]

    @staticmethod
    def _priority(row: LevelChoice, given: int | None) -> int:
        if not row.can_manage:
            return KEEPS_ITS_PLACE
        return _USUAL if given is None else given


def _whole(data: QueryDict | None, rows: Sequence[LevelChoice]) -> QueryDict | None:
    """What was asked, with the usual priority where an address names none."""
    if data is None:
        return None
    whole = data.copy()
    for row in rows:
        if not whole.get(f"priority_{row.id}"):
            whole[f"priority_{row.id}"] = str(_USUAL if row.can_manage else KEEPS_ITS_PLACE)
    return whole


def revisions(data: Mapping[str, Any]) -> dict[int, int]:
    """The plans that were looked at, by project."""
    return {
        int(name.removeprefix("revision_")): int(value)
        for name, value in data.items()
        if name.startswith("revision_")
        and name.removeprefix("revision_").isdecimal()
        and str(value).isdecimal()
    }
