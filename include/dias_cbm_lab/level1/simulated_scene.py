"""A simulated scene: place, moment and size of a GRD product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: Time from one line to the next, seconds.
LINE_INTERVAL_S = 0.0014966


@dataclass(frozen=True, slots=True)
class SimulatedScene:
    """A place, a moment and a size.

    :param longitude: of the image's middle, degrees.
    :param start: approximate time of its first line, UTC.
    :param slant_range: of the middle, m: 850 km is an incidence of 37 degrees.
    """

    longitude: float
    latitude: float
    start: datetime
    lines: int
    samples: int
    ascending: bool = False
    slant_range: float = 850_000.0
    absolute_orbit: int = 23340
    mission: str = "S1A"

    @property
    def name(self) -> str:
        """The product's name, in ESA's convention."""
        end = self.start + timedelta(seconds=self.lines * LINE_INTERVAL_S)
        return (
            f"{self.mission}_IW_GRDH_1SDV_{self.start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}"
            f"_{self.absolute_orbit:06d}_0289E6_5117"
        )

    def moment(self, seconds: float) -> datetime:
        """A time of the simulation, in seconds since the image's middle, as UTC."""
        middle = timedelta(seconds=self.lines * LINE_INTERVAL_S / 2)
        return self.start.astimezone(UTC) + middle + timedelta(seconds=seconds)
