"""Fixtures of the fuzz over all commands."""

from command_fuzz.fixtures import files, out, ports

__all__ = ["files", "out", "ports"]
