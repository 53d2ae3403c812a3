"""Completeness: which passes are expected, which are missing, and why."""
