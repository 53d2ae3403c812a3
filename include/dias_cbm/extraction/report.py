"""The report of one unit of extraction, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dias_cbm.scenes import Cause, explained


class Outcome(StrEnum):
    """The result of a unit.

    ``paused``: the platform does not answer, or the database has no room; the unit is free again,
        with no attempt counted.
    ``taken``: another worker has it, or has done it; nothing was written.
    """

    EXTRACTED = "extracted"
    NO_PARCELS = "no_parcels"
    FAILED = "failed"
    PAUSED = "paused"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """The report of an extraction.

    :param records: parcel x band values with at least one pixel.
    :param parcels: parcels of the tile that the product covers.
    :param blocks: block rows of signatures written.
    :param seconds: wall time, without compilation.
    :param empty: covered parcels without a valid pixel in any band.
    :param cause: why it failed or is paused.
    :param reason: the same in words, or why it was given up.
    :param flagged: covered parcels that vanish or have too few pixels by the settings.
    """

    outcome: Outcome
    records: int = 0
    parcels: int = 0
    blocks: int = 0
    seconds: float = 0.0
    empty: int = 0
    cause: Cause | None = None
    reason: str | None = None
    flagged: int = 0

    @property
    def why(self) -> str:
        """Cause and reason for people; empty without either."""
        return explained(self.cause, self.reason)
