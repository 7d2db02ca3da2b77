"""Writes of automation, by noun: rules, what fires, approvals."""
