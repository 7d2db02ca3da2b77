from enum import StrEnum


class RevenuePermission(StrEnum):
    VIEW = "revenue.view"
    VIEW_OWN = "revenue.view_own"
    ESTIMATE = "revenue.estimate"
    APPROVE = "revenue.approve"
    POST = "revenue.post"
