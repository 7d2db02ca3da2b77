"""Every door that takes a file gives it to the scanner before anything of it is kept."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from tests.attacks.world import World, give_every_role, make_world
from tests.core.documents.files import PDF
from tests.edges.api.callers import Caller, token_of
from tests.factories import Firm

ROOT = Path(__file__).resolve().parents[2]
CODE = ("psa", "sales", "projects", "resources", "timeexpense", "billing", "revenue")
# They see that there are files, and take none.
BYSTANDERS = {
    ("psa/edges/api/middleware.py", "_fingerprint"),
    ("timeexpense/views/phone.py", "from_own_session"),
}
CSV, XML = b"Name,Country\nBrandt,DE\n", b"<?xml version='1.0'?><Project/>"
OFX = b"OFXHEADER:100\n<OFX></OFX>"

Send = Callable[["Doors"], HttpResponse]


class Doors:
    """One who may do everything, at the pages and by the API."""

    def __init__(self, world: World) -> None:
        self.firm, self.ids = world.firm, world.ids
        give_every_role(self.firm, "ben")
        self.client = self.firm.client("ben")
        self.caller = Caller(token_of(self.firm, "ben"))

    def page(self, path: str, content: bytes, field: str = "file", **given: Any) -> HttpResponse:
        data = {field: SimpleUploadedFile("sent.csv", content), **given}
        answer: HttpResponse = self.client.post(self.firm.url(path), data)
        return answer

    def api(self, path: str, content: bytes, field: str = "file", **given: Any) -> HttpResponse:
        files = {field: SimpleUploadedFile("sent.csv", content), **given}
        return self.caller.call("POST", path, files=files)

    @property
    def manager(self) -> int:
        return self.firm.resources["priya"].pk

    @property
    def expense_id(self) -> int:
        return int(self.ids["timeexpense.views.expenses:entry_id"])

    @property
    def price_list(self) -> dict[str, Any]:
        return {
            "name": "New", "context": "sales", "owner": "tenant:0", "currency": "EUR",
            "time_unit": "hour", "hours_per_day": "8", "valid_from": "2027-01-01",
        }  # fmt: skip

    @property
    def expense(self) -> dict[str, Any]:
        work, task = self.ids["project_id"], self.ids["task_id"]
        return {
            "category": self.firm.categories["travel"].pk, "spent_on": "2026-07-08",
            "currency": "EUR", "amount": "12.00", "work": f"{work}:{task}", "project": work, "task": task,
            "payment_method": "own", "id": "4b0ad4d0-67a4-4f3c-9a62-0f2b8f7b1a11",
            "owner": f"{self.firm.tenant.slug}/{self.firm.actors['ben'].membership_id}",
        }  # fmt: skip


# By file and function: what it takes, each sent once.
DOORS: dict[tuple[str, str], list[Send]] = {
    ("psa/core/documents/views.py", "_upload"): [
        lambda at: at.page(f"documents/of/projects.Project/{at.ids['project_id']}/upload/", PDF)
    ],
    ("psa/core/documents/api.py", "upload_document"): [
        lambda at: at.api(f"/records/projects.Project/{at.ids['project_id']}/documents", PDF)
    ],
    ("psa/core/pricing/views.py", "list_import"): [
        lambda at: at.page("pricing/lists/import/", CSV, **at.price_list)
    ],
    ("psa/edges/setup/views.py", "rate_import"): [
        lambda at: at.page("setup/rates/import/", CSV, base="EUR")
    ],
    ("psa/edges/integrations/imports/views.py", "create"): [
        lambda at: at.page("imports/new/", CSV, kind="accounts")
    ],
    ("psa/edges/integrations/imports/api.py", "start_import"): [
        lambda at: at.api("/imports", CSV, kind="accounts")
    ],
    ("projects/plan_file_views.py", "plan_import"): [
        lambda at: at.page("projects/import/", XML, manager=at.manager),
        lambda at: at.page("projects/import/", CSV, manager=at.manager),
    ],
    ("projects/api/plan_files.py", "import_plan"): [
        lambda at: at.api("/project-imports", XML, manager_id=at.manager),
        lambda at: at.api("/project-imports", CSV, manager_id=at.manager),
    ],
    ("projects/api/plan_files.py", "preview_plan"): [
        lambda at: at.api("/project-imports/preview", XML, manager_id=at.manager)
    ],
    ("projects/api/plan_files.py", "receive_plan_file"): [
        lambda at: at.api("/plan-files", XML, manager_id=at.manager),
        lambda at: at.api("/plan-files", CSV, manager_id=at.manager),
    ],
    ("timeexpense/views/cards.py", "statement_import"): [
        lambda at: at.page("time/cards/import/", OFX, step="look", currency="EUR"),
        lambda at: at.page("time/cards/import/", CSV, step="import", currency="EUR"),
    ],
    ("timeexpense/api/cards.py", "preview_card_statement"): [
        lambda at: at.api("/card-statements/preview", OFX, currency="EUR")
    ],
    ("timeexpense/api/cards.py", "import_card_statement"): [
        lambda at: at.api("/card-statements", CSV, currency="EUR")
    ],
    ("timeexpense/api/policy.py", "load_mileage_rates"): [
        lambda at: at.api("/mileage-rates/load", CSV)
    ],
    ("timeexpense/api/policy.py", "load_per_diem_rates"): [
        lambda at: at.api("/per-diem-rates/load", CSV)
    ],
    ("timeexpense/views/policy.py", "_load"): [
        lambda at: at.page("time/policy/mileage/load/", CSV),
        lambda at: at.page("time/policy/per-diems/load/", CSV),
    ],
    ("timeexpense/views/receipts.py", "receipts"): [
        lambda at: at.page(f"time/expenses/{at.ids['report_id']}/receipts/", PDF)
    ],
    ("timeexpense/views/expenses.py", "_form"): [
        lambda at: at.page(
            f"time/expenses/{at.ids['report_id']}/add/", PDF, "receipts", **at.expense
        )
    ],
    ("timeexpense/views/phone.py", "expense_sync"): [
        lambda at: at.page("time/day/expense/", PDF, "receipts", **at.expense)
    ],
    ("timeexpense/api/receipts.py", "give_receipts"): [
        lambda at: at.api(f"/expense-reports/{at.ids['report_id']}/receipts", PDF, "receipts")
    ],
    ("timeexpense/api/expenses.py", "add_receipts"): [
        lambda at: at.api(
            f"/expenses/{at.ids['timeexpense.views.expenses:entry_id']}/receipts", PDF, "receipts"
        )
    ],
}


def test_every_door_is_known() -> None:
    assert set(_doors()) == set(DOORS)


def test_no_door_takes_what_is_infected(acme: Firm, settings: Any) -> None:
    doors = Doors(make_world(acme))
    settings.ANTIVIRUS = "command:false"  # a scanner that finds something in everything
    # A server without a reader of receipts takes none to be read, clean ones neither.
    words = (b"is infected", b"Receipts are not read on this server")
    passed = []
    for door, sends in DOORS.items():
        for send in sends:
            answer = send(doors)
            is_refused = any(word in answer.content for word in words)
            if answer.status_code not in (200, 422) or not is_refused:
                passed.append((door, answer.status_code, answer.content.decode()[-1500:]))
    assert passed == []


def _doors() -> Iterator[tuple[str, str]]:
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            for node in ast.parse(path.read_text()).body:
                if (
                    isinstance(node, ast.FunctionDef)
                    and _takes_files(node)
                    and ((name, node.name) not in BYSTANDERS)
                ):
                    yield name, node.name


def _takes_files(function: ast.FunctionDef) -> bool:
    words = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    asked = {node.func.id for default in function.args.defaults for node in ast.walk(default)
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    return "FILES" in words or "File" in asked
