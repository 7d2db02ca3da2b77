"""The service worker and the manifest: what a browser keeps, for whom, and under which name."""

import json
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from tests.factories import Firm


def test_the_worker_names_files_that_exist_and_its_version(db: None) -> None:
    answer = Client().get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    text = answer.content.decode()
    found = json.loads(re.match(r"self\.PSA = (\{.*\});", text)[1])  # type: ignore[index]
    assert re.fullmatch(r"[0-9a-f]{16}", found["version"]) and found["paths"] == ["time/day/"]
    assert len(found["files"]) == len(set(found["files"])) > 30
    assert [f for f in found["files"] if not finders.find(f.removeprefix("/static/"))] == []


def test_every_module_that_a_kept_script_imports_is_kept(db: None) -> None:
    text = Client().get("/sw.js").content.decode()
    files = json.loads(re.match(r"self\.PSA = (\{.*\});", text)[1])["files"]  # type: ignore[index]
    for file in (f for f in files if f.startswith("/static/js/")):
        source = Path(str(finders.find(file.removeprefix("/static/")))).read_text()
        for name in re.findall(r"""(?:from|import)\s*\(?["']\./(\w+\.js)["']""", source):
            assert f"/static/js/{name}" in files, f"{file} imports {name}"


def test_the_firm_is_an_application_under_its_own_name(acme: Firm) -> None:
    answer = acme.client("ben").get(acme.url("app.webmanifest"))
    found = answer.json()
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert found["id"] == "/acme/" and found["start_url"] == "/acme/time/day/"
    assert found["name"] == acme.tenant.name and found["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in found["icons"]}
    assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
