"""Endpoints of the room: time, expenses, and their approval."""

from . import (
    approval_desks,
    approvals,
    bank_accounts,
    cards,
    expenses,
    policy,
    receipts,
    time,
    time_import,
    timers,
)
from .area import endpoints

bank_endpoints = bank_accounts.endpoints

__all__ = [
    "approval_desks",
    "approvals",
    "bank_accounts",
    "bank_endpoints",
    "cards",
    "endpoints",
    "expenses",
    "policy",
    "receipts",
    "time",
    "time_import",
    "timers",
]
