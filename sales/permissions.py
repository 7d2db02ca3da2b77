from enum import StrEnum


class SalesPermission(StrEnum):
    VIEW = "sales.view"
    VIEW_OWN = "sales.view_own"
    MANAGE = "sales.manage"
    WIN = "sales.win"
