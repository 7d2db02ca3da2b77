"""Endpoints of setting a firm up: organisation, people and users, rights, parameters, decisions."""

from . import banks, books, decisions, organisation, people, policy, rights
from .area import endpoints

__all__ = [
    "banks",
    "books",
    "decisions",
    "endpoints",
    "organisation",
    "people",
    "policy",
    "rights",
]
