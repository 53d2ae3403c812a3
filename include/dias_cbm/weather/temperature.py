"""Units of temperatures, which the command line names without loading what reads files."""

from __future__ import annotations

from enum import StrEnum


class Temperature(StrEnum):
    """Units of temperatures."""

    CELSIUS = "celsius"
    KELVIN = "kelvin"
