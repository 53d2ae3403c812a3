"""Triggers: they wait in the triggerer for deferred tasks."""
