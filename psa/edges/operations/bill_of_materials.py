"""What the application is made of, read from the lock files: CycloneDX 1.6, or a list of licences.

Without the network: versions and hashes are the lock files', licences what the installed packages
and the browser's lock file say.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_UNKNOWN = "not stated"
_CLASSIFIED = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True)
class Component:
    """One library at one version."""

    ecosystem: str
    name: str
    version: str
    licence: str
    hashes: tuple[tuple[str, str], ...]
    """(algorithm, hexadecimal) of its distributions, one algorithm each at most in npm."""

    @property
    def purl(self) -> str:
        """Its package address: pkg:pypi/django@5.2.19."""
        name = quote(self.name.lower() if self.ecosystem == "pypi" else self.name, safe="/")
        return f"pkg:{self.ecosystem}/{name}@{self.version}"


def components(project: Path) -> list[Component]:
    """Every library that production runs on, by ecosystem and name."""
    found = [*_python(project / "requirements" / "base.txt"), *_browser(project)]
    return sorted(found, key=lambda one: (one.ecosystem, one.name.lower()))


def cyclonedx(found: list[Component], *, version: str) -> dict[str, Any]:
    """The bill in CycloneDX 1.6; the same libraries give the same document."""
    body = [
        {
            "type": "library",
            "bom-ref": one.purl,
            "name": one.name,
            "version": one.version,
            "purl": one.purl,
            "licenses": [] if one.licence == _UNKNOWN else [{"license": {"name": one.licence}}],
            "hashes": [{"alg": algorithm, "content": value} for algorithm, value in one.hashes],
        }
        for one in found
    ]
    number = uuid5(NAMESPACE_URL, json.dumps(body, sort_keys=True) + version)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": f"psa@{version}",
                "name": "psa",
                "version": version,
            }
        },
        "components": body,
        "dependencies": [{"ref": f"psa@{version}", "dependsOn": [one.purl for one in found]}],
    }


def _python(lock: Path) -> Iterator[Component]:
    for block in re.split(r"\n(?=\S)", lock.read_text()):
        pinned = _PINNED.match(block)
        if pinned is None:
            continue
        hashes = tuple(("SHA-256", value) for value in _HASH.findall(block))
        yield Component("pypi", pinned[1], pinned[2], _licence_of(pinned[1]), hashes)


def _licence_of(name: str) -> str:
    try:
        facts = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return _UNKNOWN  # for another platform than this one
    classified = [
        value.removeprefix(_CLASSIFIED)
        for value in facts.get_all("Classifier") or []
        if value.startswith(_CLASSIFIED)
    ]
    stated = (
        _value(facts, "License-Expression") or " / ".join(classified) or _value(facts, "License")
    )
    first = (stated or _first_line_of_licence(name)).strip().splitlines()
    return first[0][:80] if first else _UNKNOWN


def _first_line_of_licence(name: str) -> str:
    """What a package that states nothing has in its licence file's first line."""
    for path in metadata.files(name) or []:
        if path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            return path.read_text().strip()
    return ""


def _browser(project: Path) -> Iterator[Component]:
    lock = json.loads((project / "package-lock.json").read_text())
    for path, facts in lock["packages"].items():
        if not path or facts.get("dev"):
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, value = facts.get("integrity", "").partition("-")
        hashes = (
            ((f"SHA-{algorithm.removeprefix('sha')}", base64.b64decode(value).hex()),)
            if value
            else ()
        )
        yield Component("npm", name, facts["version"], facts.get("license", _UNKNOWN), hashes)


def _value(facts: metadata.PackageMetadata, name: str) -> str:
    return (facts.get_all(name) or [""])[0]
