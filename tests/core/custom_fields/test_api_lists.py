"""The firm's own fields in lists of the API: in each row, in filters and in sorts."""

import pytest

from psa.core.custom_fields.services import definitions
from tests.edges.api.callers import caller
from tests.factories import AT, Firm, make_engagement


@pytest.fixture
def firm(acme: Firm) -> Firm:
    with acme.scope():
        make_engagement(acme)
        for record_type in ("sales.Account", "sales.Contract", "projects.Project", "org.Resource"):
            for kind, label, choices in (
                ("choice", "Tier", ["Gold", "Silver"]),
                ("number", "Seats", []),
                ("user", "Sponsor", []),
            ):
                definitions.save_field(
                    field_id=None, record_type=record_type, kind=kind, label=label, help_text="",
                    position=1, is_required=False, is_active=True, choices=choices,
                    actor=acme.actors["ada"], at=AT,
                )  # fmt: skip
    return acme


@pytest.mark.parametrize(
    ("who", "record_type", "path"),
    [
        ("amara", "sales.Account", "/accounts"),
        ("amara", "sales.Contract", "/contracts"),
        ("priya", "projects.Project", "/projects"),
        ("rae", "org.Resource", "/people"),
    ],
)
def test_rows_have_them_as_a_record_has(firm: Firm, who: str, record_type: str, path: str) -> None:
    call = caller(firm, who)
    row = call.get(path)["items"][0]
    assert row["custom_fields"] == dict.fromkeys(row["custom_fields"])
    assert {"tier", "seats", "sponsor"} <= set(row["custom_fields"])
    sponsor = firm.actors["paul"].membership_id
    setter = who if record_type.startswith("sales") else "ada"
    caller(firm, setter).patch(
        f"/records/{record_type}/{row['id']}/custom-fields",
        {"fields": {"tier": "gold", "seats": "12", "sponsor": sponsor}},
    )
    own = row["custom_fields"] | {"tier": "gold", "seats": "12", "sponsor": sponsor}
    [found] = call.get(f"{path}?custom_tier=gold&sort=custom_seats")["items"]
    assert (found["id"], found["custom_fields"]) == (row["id"], own)
    assert not any(key.startswith("custom_") for key in found if key != "custom_fields")
    assert call.get(f"{path}?custom_tier=silver")["items"] == []
    [sparse] = call.get(f"{path}?custom_tier=gold&fields=custom_fields")["items"]
    assert sparse == {"id": row["id"], "custom_fields": own}
    assert "custom_fields" not in call.get(f"{path}?fields=id")["items"][0]
    refused = call.get(f"{path}?custom_weather=wet", 422)
    assert refused["errors"][0]["field"] == "custom_weather"
