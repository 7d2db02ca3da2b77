"""The firm's parameters, and exchange rates."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.money import selectors as money_selectors
from psa.core.money import services as money
from psa.core.org import selectors as org
from psa.core.org.services.parameters import CHOICES, RULE_MODES
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import CurrencyCode, Day, Number, OneOf, PositiveAmount, Text, Within
from psa.edges.setup import lists_of_setup, selectors
from psa.edges.setup.services import policy

from .area import endpoints

MANAGE = AccessPermission.MANAGE_PARAMETERS
_MODES = tuple(word for word, _ in RULE_MODES)


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word, _ in CHOICES[name])


class ParametersOut(Out):
    """The firm's policy; see the parameters page for what each changes."""

    time_entry_mode: str
    week_starts_on: int
    late_lock_business_days: int
    missing_price_policy: str
    late_work_policy: str
    self_approval_allowed: bool
    nte_warning_percent: Number
    hours_per_day: Number
    fx_policy: str
    fx_max_age_days: int
    fx_base_currency: str
    budget_control: str
    estimate_required_before_propose: bool
    minimum_invoice_amount: Number
    deployment_model: str
    rules: dict[str, str] = Field(description="Validation rules of time: off, warn or block.")


class ParametersIn(In):
    """What is left out stays as it is."""

    time_entry_mode: Annotated[str, OneOf(*_words("time_entry_mode"))] = "weekly"
    week_starts_on: int = Field(0, ge=0, le=6)
    late_lock_business_days: int = Field(5, ge=0, le=60)
    missing_price_policy: Annotated[str, OneOf(*_words("missing_price_policy"))] = "block"
    late_work_policy: Annotated[str, OneOf(*_words("late_work_policy"))] = "open_period"
    self_approval_allowed: bool = False
    nte_warning_percent: Annotated[Decimal, Within(digits=5, places=2, least=0, most=100)] = (
        Decimal(80)
    )
    hours_per_day: Annotated[Decimal, Within(digits=4, places=2, least=1, most=24)] = Decimal(8)
    fx_policy: Annotated[str, OneOf(*_words("fx_policy"))] = "spot"
    fx_max_age_days: int = Field(7, ge=0, le=60)
    fx_base_currency: CurrencyCode = "EUR"
    budget_control: Annotated[str, OneOf(*_words("budget_control"))] = "warn"
    estimate_required_before_propose: bool = True
    minimum_invoice_amount: PositiveAmount = Decimal(0)
    deployment_model: Annotated[str, OneOf(*_words("deployment_model"))] = "non_stocked"
    rules: dict[Annotated[str, Text(40)], Annotated[str, OneOf(*_MODES)]] = Field(
        {}, max_length=100
    )


class RateIn(In):
    from_currency: CurrencyCode
    to_currency: CurrencyCode
    on: Day
    rate: Annotated[Decimal, Within(digits=20, places=10, least=0)] = Field(
        description="Units of `to_currency` per 1 `from_currency`."
    )


class RateOut(Out):
    id: int
    from_currency: str
    to_currency: str
    on: Day
    rate: Number


@endpoints.read("/parameters", ParametersOut, MANAGE)
def get_parameters(request: ApiRequest) -> Any:
    """The firm's policy."""
    row = org.parameters()
    found = {name: getattr(row, name) for name in ParametersOut.model_fields if name != "rules"}
    return found | {"rules": selectors.time_rules()}


@endpoints.write("PATCH", "/parameters", ParametersOut, MANAGE, of=get_parameters)
def change_parameters(request: ApiRequest, body: ParametersIn) -> Any:
    """Change what is given, all or none."""
    given = body.given()
    policy.change_policy(
        rule_modes=given.pop("rules", {}), values=given, actor=request.actor, at=clock.now()
    )
    return get_parameters(request)


@endpoints.list("/exchange-rates", lists_of_setup.RATES, MANAGE, name="ExchangeRate")
def list_exchange_rates(request: ApiRequest) -> Any:
    """Exchange rates by day."""
    return money_selectors.rates()


@endpoints.write("POST", "/exchange-rates", RateOut, MANAGE)
def set_exchange_rate(request: ApiRequest, body: RateIn) -> Any:
    """Store a day's rate."""
    return money.set_rate(actor=request.actor, at=clock.now(), **body.values())
