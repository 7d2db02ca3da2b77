"""Where pricing stands in the navigation and the palette."""

from django.http import HttpRequest

from psa.core.access.permissions import PricingPermission
from psa.core.tenancy import reading
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

from .services import unpriced


def _waiting(request: HttpRequest) -> int | None:
    return reading.once(unpriced.WAITING, unpriced.waiting().count) or None


# Who sees sales lists only reaches them under Sell; the page shows each what is theirs to see.
register(
    NavItem(
        "Unpriced work",
        "pricing:unpriced_list",
        Stage.BILL,
        permission=PricingPermission.REPLAY_UNPRICED,
        order=70,
        badge=_waiting,
        also=("pricing:unpriced_replay_all", "pricing:add_price"),
    ),
    NavItem(
        "Price lists",
        "pricing:list_list",
        Stage.SETUP,
        permission=PricingPermission.VIEW_ALL_LISTS,
        order=20,
        group=Group.MONEY,
        about="Cost and bill rates, and from when they hold.",
    ),
    NavItem(
        "Break-even utilisation",
        "pricing:break_even",
        Stage.SETUP,
        permission=PricingPermission.VIEW_COST_RATES,
        order=21,
        group=Group.MONEY,
        about="How busy a role has to be for its bill rate to cover its cost rate.",
    ),
    NavItem(
        "Sales price lists",
        "pricing:sales_list_list",
        Stage.SELL,
        permission=PricingPermission.VIEW_SALES_LISTS,
        order=60,
    ),
)
register_commands(
    Command(
        "New price list",
        "pricing:list_create",
        permission=PricingPermission.MANAGE_LISTS,
        icon="plus",
        words="rates rate card",
    ),
    Command(
        "Price coverage",
        "pricing:coverage",
        permission=(PricingPermission.VIEW_ALL_LISTS, PricingPermission.VIEW_SALES_LISTS),
        icon="table",
        words="matrix gaps missing rates roles units",
    ),
    Command(
        "Import a rate card",
        "pricing:list_import",
        permission=PricingPermission.MANAGE_LISTS,
        icon="file-text",
        words="price list csv",
    ),
)
