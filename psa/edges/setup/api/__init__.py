"""Endpoints of setting a firm up: organisation, people and users, parameters, exchange rates."""

from . import organisation, people, policy
from .area import endpoints

__all__ = ["endpoints", "organisation", "people", "policy"]
