from enum import StrEnum


class BillingPermission(StrEnum):
    VIEW = "billing.view"
    VIEW_OWN = "billing.view_own"
    PROPOSE = "billing.propose"
    PROPOSE_OWN = "billing.propose_own"
    REVIEW = "billing.review"
    APPROVE = "billing.approve"
    CONFIRM = "billing.confirm"
    CREDIT = "billing.credit"
    CREDIT_OVER_LIMIT = "billing.credit_over_limit"
    RECORD_PAYMENT = "billing.record_payment"
