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
    RECORD_PAYMENT = "billing.record_payment"
