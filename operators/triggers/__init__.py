"""Triggers: what a deferred task waits by."""
