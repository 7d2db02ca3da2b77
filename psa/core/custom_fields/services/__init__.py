"""Writes of custom fields: their definitions, and their values."""
