"""Expense policy, rate tables and travel requests."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, File
from ninja.files import UploadedFile

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import (
    Amount,
    CurrencyCode,
    Day,
    Id,
    Number,
    OneOf,
    Text,
    plain_decimal,
)
from timeexpense import lists_of_expenses, lists_of_policy
from timeexpense.forms_expenses import MAX_FILE_BYTES
from timeexpense.models import PolicyRule
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import policy, rate_tables, travel
from timeexpense.services import policy_rules
from timeexpense.services import rate_tables as rate_services
from timeexpense.services import travel as travel_services
from timeexpense.services.policy_rules import RuleDraft
from timeexpense.services.travel import TravelDraft

from .area import endpoints, file_content

ENTER, APPROVE = TimeExpensePermission.ENTER, TimeExpensePermission.APPROVE
MANAGE, SEES_ALL = TimeExpensePermission.MANAGE_POLICY, TimeExpensePermission.VIEW_ALL
TravelOut = shape(travel.TravelPage, "TravelRequestOut")
LoadedOut = shape(rate_services.Loaded, "RatesLoaded")


class PolicyRuleIn(In):
    code: Annotated[str, Text(20, blank=False)]
    name: Annotated[str, Text(120, blank=False)]
    kind: Annotated[str, OneOf(*PolicyRule.Kind.values)]
    action: Annotated[str, OneOf(*PolicyRule.Action.values)] = "flag"
    valid_from: Day
    valid_until: Day | None = None
    category_id: Id | None = None
    limit_amount: Amount | None = None
    currency: CurrencyCode | None = None

    def as_draft(self) -> RuleDraft:
        given = self.values()
        return RuleDraft(**given | {"currency": given["currency"] or ""})


class PolicyRuleOut(Out):
    id: int
    code: str
    name: str
    kind: str
    action: str
    category_id: int | None
    limit_amount: Number | None
    currency: str
    valid_from: date
    valid_until: date | None


class TravelIn(In):
    project_id: Id
    purpose: Annotated[str, Text(200, blank=False)]
    destination: Annotated[str, Text(120, blank=False)]
    starts_on: Day
    ends_on: Day
    currency: CurrencyCode
    estimate: Amount

    def as_draft(self) -> TravelDraft:
        given = self.values()
        estimate: Decimal = given["estimate"]
        return TravelDraft(**given | {"estimate": plain_decimal(estimate)})


class TravelDecisionIn(In):
    approve: bool
    reason: Annotated[str, Text(400)] = ""


class AcknowledgeIn(In):
    code: Annotated[str, Text(60, blank=False)] = Field(
        ..., description="Of the flag: `policy:` and the rule's code."
    )


@endpoints.list("/expense-policy-rules", lists_of_policy.RULES, ENTER, MANAGE, name="PolicyRule")
def list_policy_rules(request: ApiRequest) -> Any:
    """What expenses are held against."""
    return policy.rules()


@endpoints.read("/expense-policy-rules/{rule_id}", PolicyRuleOut, ENTER, MANAGE)
def get_policy_rule(request: ApiRequest, rule_id: Id) -> Any:
    """One rule of the expense policy."""
    return policy.get_rule(rule_id)


@endpoints.write("POST", "/expense-policy-rules", PolicyRuleOut, MANAGE, status=201)
def create_policy_rule(request: ApiRequest, body: PolicyRuleIn) -> Any:
    """Make a rule."""
    return policy_rules.save_rule(
        rule_id=None, draft=body.as_draft(), actor=request.actor, at=clock.now()
    )


@endpoints.write(
    "PUT", "/expense-policy-rules/{rule_id}", PolicyRuleOut, MANAGE, of=get_policy_rule
)
def change_policy_rule(request: ApiRequest, rule_id: Id, body: PolicyRuleIn) -> Any:
    """Replace a rule; expenses handed in keep their findings."""
    return policy_rules.save_rule(
        rule_id=rule_id, draft=body.as_draft(), actor=request.actor, at=clock.now()
    )


@endpoints.list("/expense-policy-violations", lists_of_policy.VIOLATIONS, APPROVE, SEES_ALL,
                name="PolicyViolation")  # fmt: skip
def list_policy_violations(request: ApiRequest) -> Any:
    """What the policy flagged on expenses that were handed in, and who acknowledged it."""
    return policy.violations(actor=request.actor)


@endpoints.write("POST", "/expenses/{entry_id}/acknowledge", None, APPROVE, status=204)
def acknowledge_flag(request: ApiRequest, entry_id: Id, body: AcknowledgeIn) -> Any:
    """Record that you have seen what the policy flags; you can approve it then."""
    policy_rules.acknowledge(entry_id=entry_id, code=body.code, actor=request.actor, at=clock.now())


@endpoints.list("/mileage-rates", lists_of_policy.MILEAGE, ENTER, MANAGE, name="MileageRate")
def list_mileage_rates(request: ApiRequest) -> Any:
    """What a distance with one's own vehicle is paid."""
    return rate_tables.mileage_rates()


@endpoints.list("/per-diem-rates", lists_of_policy.PER_DIEMS, ENTER, MANAGE, name="PerDiemRate")
def list_per_diem_rates(request: ApiRequest) -> Any:
    """What a day away is paid, and what meals are deducted."""
    return rate_tables.per_diem_rates()


@endpoints.write("POST", "/mileage-rates/load", LoadedOut, MANAGE)
def load_mileage_rates(request: ApiRequest, file: UploadedFile = File(...)) -> Any:
    """Load a table (CSV or XLSX), all rows or none; again it changes nothing."""
    return _load(request, "mileage", file)


@endpoints.write("POST", "/per-diem-rates/load", LoadedOut, MANAGE)
def load_per_diem_rates(request: ApiRequest, file: UploadedFile = File(...)) -> Any:
    """Load a table (CSV or XLSX), all rows or none; again it changes nothing."""
    return _load(request, "per_diem", file)


def _load(request: ApiRequest, kind: str, file: UploadedFile) -> rate_services.Loaded:
    return rate_services.load_rates(
        kind=kind,
        content=file_content(file, MAX_FILE_BYTES),
        filename=file.name or "rates",
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.list("/travel-requests", lists_of_expenses.TRAVEL, name="TravelRequest")
def list_travel_requests(request: ApiRequest) -> Any:
    """Journeys that were asked for."""
    return travel.request_rows(actor=request.actor)


@endpoints.read("/travel-requests/{request_id}", TravelOut)
def get_travel_request(request: ApiRequest, request_id: Id) -> Any:
    """One request, and what the journey came to beside its estimate."""
    return travel.request_page(actor=request.actor, request_id=request_id)


@endpoints.write("POST", "/travel-requests", TravelOut, ENTER, status=201)
def create_travel_request(request: ApiRequest, body: TravelIn) -> Any:
    """Draft a request of one's own."""
    made = travel_services.save_request(
        request_id=None, draft=body.as_draft(), actor=request.actor, at=clock.now()
    )
    return get_travel_request(request, request_id=made.pk)


@endpoints.write("PUT", "/travel-requests/{request_id}", TravelOut, ENTER, of=get_travel_request)
def change_travel_request(request: ApiRequest, request_id: Id, body: TravelIn) -> Any:
    """Replace a draft, or a request that was returned."""
    travel_services.save_request(
        request_id=request_id, draft=body.as_draft(), actor=request.actor, at=clock.now()
    )
    return get_travel_request(request, request_id=request_id)


@endpoints.write("POST", "/travel-requests/{request_id}/submit", TravelOut, ENTER)
def submit_travel_request(request: ApiRequest, request_id: Id, body: Nothing) -> Any:
    """Hand one's own request in."""
    travel_services.submit_request(request_id=request_id, actor=request.actor, at=clock.now())
    return get_travel_request(request, request_id=request_id)


@endpoints.write("POST", "/travel-requests/{request_id}/take-back", TravelOut, ENTER)
def take_back_travel_request(request: ApiRequest, request_id: Id, body: Nothing) -> Any:
    """Make one's own request a draft again while nobody has decided on it."""
    travel_services.take_back(request_id=request_id, actor=request.actor, at=clock.now())
    return get_travel_request(request, request_id=request_id)


@endpoints.write("POST", "/travel-requests/{request_id}/decide", TravelOut, APPROVE)
def decide_travel_request(request: ApiRequest, request_id: Id, body: TravelDecisionIn) -> Any:
    """Approve a request, or return it with a reason."""
    travel_services.decide(
        request_id=request_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_travel_request(request, request_id=request_id)
