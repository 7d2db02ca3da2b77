"""psa.edges.operations.bill_of_materials: every pinned library, with version, hash and licence."""

import json
import re
from importlib import metadata
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from psa.edges.operations import bill_of_materials

# Whoever may not be used in a product that is hosted and not given away.
_REFUSED = re.compile(r"\bA?GPL|Affero|SSPL|Commons Clause|Business Source|Elastic", re.IGNORECASE)


def test_lists_every_pinned_library_once_with_its_hash() -> None:
    pinned = re.findall(r"(?m)^([\w.-]+)(?:\[.*\])?==", _lock().read_text())
    found = bill_of_materials.components(settings.BASE_DIR)
    assert [one.name for one in found if one.ecosystem == "pypi"] == sorted(pinned, key=str.lower)
    assert all(one.hashes and one.version for one in found)
    assert len({one.purl for one in found}) == len(found)
    assert "@tabler/core" in {one.name for one in found if one.ecosystem == "npm"}


def test_writes_the_same_cyclonedx_each_time() -> None:
    made = [_printed(), _printed()]
    assert made[0] == made[1]
    bill = json.loads(made[0])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    django = next(one for one in bill["components"] if one["name"] == "django")
    assert django["purl"] == f"pkg:pypi/django@{django['version']}"
    assert re.fullmatch("[0-9a-f]{64}", django["hashes"][0]["content"])
    assert set(bill["dependencies"][0]["dependsOn"]) == {one["purl"] for one in bill["components"]}


def test_no_licence_stands_in_the_way() -> None:
    found = bill_of_materials.components(settings.BASE_DIR)
    unstated = [one.name for one in found if one.licence == "not stated"]
    assert [name for name in unstated if _is_installed(name)] == []
    refused = [
        (one.name, one.licence)
        for one in found
        if _REFUSED.search(one.licence.replace("LGPL", "").replace("Lesser", ""))
    ]
    assert refused == []
    assert "django 5" in _printed("licences")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False  # it is for another platform
    return True


def _printed(form: str = "cyclonedx") -> str:
    out = StringIO()
    call_command("bill_of_materials", "--format", form, stdout=out)
    return out.getvalue()


def _lock() -> Path:
    return Path(settings.BASE_DIR) / "requirements" / "base.txt"
