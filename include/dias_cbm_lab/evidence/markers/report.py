"""All figures of markers on real data; ``cbm evidence markers`` prints them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dias_cbm.errors import NotEnoughData
from dias_cbm_lab.evidence.markers import bars, planted
from dias_cbm_lab.evidence.markers.bars import Bar
from dias_cbm_lab.evidence.markers.homogeneity import HomogeneityEvidence, homogeneity
from dias_cbm_lab.evidence.markers.soil import Soil, soil
from dias_cbm_lab.evidence.mowing import meadows
from dias_cbm_lab.evidence.mowing import report as mowing_report
from dias_cbm_lab.evidence.mowing.report import MowingEvidence

_MEADOWS = (".", "mowing_sk_ch", "markers/mowing_sk_ch")


@dataclass(frozen=True, slots=True)
class MarkersEvidence:
    """All figures.

    :param homogeneity: None: there are no data for it.
    """

    mowing: MowingEvidence
    soil: Soil
    homogeneity: HomogeneityEvidence | None

    def bars(self) -> list[Bar]:
        """The figures that have bars."""
        rest = [] if self.homogeneity is None else self.homogeneity.bars()
        return self.mowing.bars() + self.soil.bars() + rest

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "mowing": self.mowing.as_json(),
            "soil": self.soil._asdict(),
            "homogeneity": None if self.homogeneity is None else asdict(self.homogeneity),
            "bars": [one.as_json() for one in self.bars()],
        }


def markers(data: Path, trained_on: Path | None = None) -> MarkersEvidence:
    """Measure all that the data of a folder allow.

    :param trained_on: folder of meadows of other sites, for what is trained.
    :raises NotEnoughData: there are no meadows.
    """
    seen = meadows.read(_meadows_in(data))
    others = None if trained_on is None else meadows.read(_meadows_in(trained_on))
    found = mowing_report.mowing(seen, others)
    chip, units = data / "dk2016", data / "markers" / "homogeneity_dk2016"
    there = all((chip / name).is_file() for name in (planted.PARCELS, planted.CHIP))
    planted_pairs = None
    if there and (units / planted.UNITS).is_file():
        planted_pairs = homogeneity(planted.sides(chip, units)[1])
    return MarkersEvidence(found, soil(seen), planted_pairs)


def _meadows_in(data: Path) -> Path:
    for name in _MEADOWS:
        if all((data / name / file).is_file() for file in meadows.FILES):
            return data / name
    raise NotEnoughData(
        "holds no meadows", subject=data, hint=f"it must have {', '.join(meadows.FILES)}"
    )


def lines(evidence: MarkersEvidence) -> list[str]:
    """The figures as text, and the table of bars at the end."""
    text = [*mowing_report.lines(evidence.mowing), "", *evidence.soil.lines()]
    if evidence.homogeneity is None:
        text.append("homogeneity: not measured, there are no data of parcels")
    else:
        text += evidence.homogeneity.lines()
    return [*text, "", *bars.lines(evidence.bars())]
