from enum import StrEnum


class TimeExpensePermission(StrEnum):
    ENTER = "timeexpense.enter"
    ENTER_FOR_OTHERS = "timeexpense.enter_for_others"
    APPROVE = "timeexpense.approve"
    VIEW_ALL = "timeexpense.view_all"
    GRANT_RECALL = "timeexpense.grant_recall"
    MANAGE_POLICY = "timeexpense.manage_policy"
    MANAGE_CARDS = "timeexpense.manage_cards"
    EXPORT_PAYROLL = "timeexpense.export_payroll"
