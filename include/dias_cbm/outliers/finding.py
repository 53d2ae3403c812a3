"""Words for what a person found on a parcel, and for where the decision came from."""

from __future__ import annotations

from enum import StrEnum


class Finding(StrEnum):
    """The result of an inspection, about the declared crop."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"


class Source(StrEnum):
    """The way by which a decision reached the database."""

    WINDOW = "window"
    FILE = "file"
    API = "api"
    COMMAND = "command"
