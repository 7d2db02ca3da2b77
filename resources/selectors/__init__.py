"""Reads of people and bookings. The names listed here are what other rooms use."""

from .people import PersonPage, people, person_page, values_of

__all__ = ["PersonPage", "people", "person_page", "values_of"]
