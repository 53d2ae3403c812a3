"""The colours of verdicts."""

from __future__ import annotations

from enum import IntEnum


class Colour(IntEnum):
    """The verdict of a scheme; the numbers are those in the database."""

    #: The scheme is not meant for the parcel.
    NONE = 1
    GREEN = 2
    YELLOW = 3
    RED = 4
    #: A window is not over, and the answer depends on it.
    OPEN = 5
