"""The firm's parameters, and exchange rates."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Field
from pydantic import create_model

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.money import selectors as money_selectors
from psa.core.money import services as money
from psa.core.org import selectors as org
from psa.core.org.rules.parameters import BY_NAME, Parameter
from psa.core.org.services.parameters import RULE_MODES
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import CurrencyCode, Day, Number, OneOf, PositiveAmount, Text, Within
from psa.edges.setup import lists_of_setup, selectors
from psa.edges.setup.services import policy

from .area import endpoints

MANAGE = AccessPermission.MANAGE_PARAMETERS
_MODES = tuple(word for word, _ in RULE_MODES)


def _taken(parameter: Parameter) -> Any:
    """The kind of value that a parameter takes."""
    low, high = int(parameter.lowest), int(parameter.highest)
    match parameter.kind:
        case "choice" if not parameter.is_number:
            return Annotated[str, OneOf(*(word for word, _ in parameter.choices))]
        case "yes_no":
            return bool
        case "currency":
            return CurrencyCode
        case "decimal":
            return Annotated[Decimal, Within(digits=5, places=2, least=low, most=high)]
        case "amount":
            return PositiveAmount
    return Annotated[int, Field(ge=low, le=high)]


def _given(parameter: Parameter) -> Any:
    """The kind of value that a parameter is answered with."""
    if parameter.kind in ("decimal", "amount"):
        return Number
    if parameter.kind == "yes_no":
        return bool
    return str if parameter.kind == "currency" or _is_word(parameter) else int


def _is_word(parameter: Parameter) -> bool:
    return parameter.kind == "choice" and not parameter.is_number


class _PolicyOut(Out):
    """The firm's policy; each value says what it changes."""

    rules: dict[str, str] = Field(description="Validation rules of time: off, warn or block.")


class _PolicyIn(In):
    """What is left out stays as it is."""

    rules: dict[Annotated[str, Text(40)], Annotated[str, OneOf(*_MODES)]] = Field(
        {}, max_length=100
    )


# The one list of parameters makes both, so that none is missing here.
_answered: dict[str, Any] = {
    name: (_given(parameter), Field(description=parameter.changes))
    for name, parameter in BY_NAME.items()
}
_accepted: dict[str, Any] = {
    name: (_taken(parameter), Field(None, description=parameter.changes))
    for name, parameter in BY_NAME.items()
}
ParametersOut: Any = create_model(
    "ParametersOut", __base__=_PolicyOut, __doc__=_PolicyOut.__doc__, **_answered
)
ParametersIn: Any = create_model(
    "ParametersIn", __base__=_PolicyIn, __doc__=_PolicyIn.__doc__, **_accepted
)


class ExchangeRateIn(In):
    from_currency: CurrencyCode
    to_currency: CurrencyCode
    on: Day
    rate: Annotated[Decimal, Within(digits=20, places=10, least=0)] = Field(
        description="Units of `to_currency` per 1 `from_currency`."
    )
    rate_type: Annotated[str, Text(10, blank=False)] = Field(
        "spot", description="spot, average, month_end, budget, or one of the firm's own."
    )


class ExchangeRateOut(Out):
    id: int
    from_currency: str
    to_currency: str
    on: Day
    rate: Number
    rate_type: str


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


@endpoints.write("POST", "/exchange-rates", ExchangeRateOut, MANAGE)
def set_exchange_rate(request: ApiRequest, body: ExchangeRateIn) -> Any:
    """Store a day's rate."""
    return money.set_rate(actor=request.actor, at=clock.now(), **body.values())
