"""Fields that repeat are drawn as a grid; a form without any is drawn as before."""

from typing import Any

from django import forms
from django.template.loader import render_to_string

from psa.core.web.forms import FieldTable, field_table


class Plain(forms.Form):
    name = forms.CharField(label="Name", initial="Alder")
    table = forms.CharField(label="Table", required=False)


class Repeated(Plain):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in (1, 2):
            self.fields[f"step_{row}"] = forms.IntegerField(label=f"Step {row}")

    @property
    def repeated(self) -> FieldTable:
        return field_table(self, "Steps", {"step": "Step"}, rows=2)


def drawn(form: forms.Form) -> str:
    return render_to_string("_components/form_part.html", {"form": form})


def test_a_plain_form_has_its_fields_one_below_the_other() -> None:
    page = drawn(Plain())
    assert 'value="Alder"' in page
    assert 'name="table"' in page
    assert "<table" not in page


def test_repeated_fields_stand_in_a_grid_once_and_named() -> None:
    page = drawn(Repeated({"name": "Alder", "step_1": "x", "step_2": "2"}))
    before, grid = page.split("<table")
    assert 'name="name"' in before
    assert "step_1" not in before.split('class="psa-field"', 1)[1]
    for row in (1, 2):
        assert grid.count(f'name="step_{row}"') == 1
        assert f'for="id_step_{row}"' in grid
    assert 'id="id_step_1_error"' in grid
