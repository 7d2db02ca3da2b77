"""Writes of the organisation, by noun: calendars, structure, people, parameters."""
