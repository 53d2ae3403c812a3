"""The quality of the list so far, from what people found: precision, alpha and beta.

Intervals are those of Clopper and Pearson. Where the inspected parcels have different weights, the
number of parcels is replaced by the number that would be as informative with equal weights (Korn
and Graubard); with equal weights that is the exact interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dias_cbm.intervals import CONFIDENCE, clopper_pearson
from dias_cbm.outliers.finding import Finding
from dias_cbm.outliers.sample import PLAN, band_of, weights

#: Upper ends of the size classes, in hectares.
SIZES_HA = (0.3, 1.0, 3.0)

DEFINITIONS = {
    "precision": "wrong declarations among the red parcels; 1 - precision is the alpha of reports"
    " that count per red parcel",
    "alpha": "red among the rightly declared parcels (false red: farmers bothered without cause)",
    "beta": "green among the wrongly declared parcels (false green: errors that pass)",
    "false green": "wrong declarations among the green parcels",
}


@dataclass(frozen=True, slots=True)
class Inspected:
    """A parcel that a person has judged, and what the list had said of it.

    :param wrong: None if the finding is unclear.
    :param status: outlier, inconclusive or confirmed; None if no list had the parcel.
    :param rank: in the list; None without one.
    :param ranked: parcels with a rank in the same list.
    """

    pid: str
    crop: str
    wrong: bool | None
    status: str | None
    rank: int | None
    ranked: int | None
    area_ha: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share with its interval.

    :param parcels: inspected parcels that it rests on.
    :param hits: those of them that count, unweighted.
    :param value: None without parcels; then the interval is everything.
    """

    parcels: int
    hits: int
    value: float | None
    low: float
    high: float

    def text(self) -> str:
        """E.g. ``84.0 % (42 of 50; 95 % interval 70.9 to 92.8 %)``."""
        if self.value is None:
            return "no parcel inspected"
        return (
            f"{self.value:.1%} ({self.hits} of {self.parcels};"
            f" {CONFIDENCE:.0%} interval {100 * self.low:.1f} to {self.high:.1%})"
        ).replace("%", " %")


@dataclass(frozen=True, slots=True)
class ListReport:
    """The quality of the list so far.

    :param decided: parcels with a decision in force.
    :param unclear: of them, those whose finding is unclear; they count nowhere else.
    :param unlisted: clear findings on parcels that had no rank; they count nowhere else.
    :param unseen: bands of the ranking without a clear finding; alpha and beta leave them out.
    :param by_crop: precision per declared crop.
    :param by_size: precision per size class, the smallest first.
    """

    decided: int
    unclear: int
    unlisted: int
    unseen: tuple[str, ...]
    precision: Share
    alpha: Share
    beta: Share
    false_green: Share
    by_crop: dict[str, Share]
    by_size: dict[str, Share]


def report(inspected: Iterable[Inspected]) -> ListReport:
    """Precision, alpha and beta of a season's list.

    :param inspected: the decision in force on each parcel.
    """
    every = list(inspected)
    clear = [one for one in every if one.wrong is not None]
    ranked = [one for one in clear if one.rank and one.ranked]
    rank = np.array([one.rank for one in ranked], np.int64)
    of = np.array([one.ranked for one in ranked], np.int64)
    weight, seen = weights(rank, of), set(band_of(rank, of).tolist())
    wrong = np.array([one.wrong for one in ranked], np.bool_)
    red = np.array([one.status == "outlier" for one in ranked], np.bool_)
    green = np.array([one.status == "confirmed" for one in ranked], np.bool_)

    def by(label: Callable[[Inspected], str]) -> dict[str, Share]:
        labels = np.array([label(one) for one in ranked], object)
        return {name: share(wrong, red & (labels == name), weight) for name in set(labels[red])}

    by_size = by(lambda one: size_class(one.area_ha))
    by_crop = by(lambda one: one.crop)
    return ListReport(
        decided=len(every),
        unclear=len(every) - len(clear),
        unlisted=len(clear) - len(ranked),
        unseen=tuple(band.name for number, band in enumerate(PLAN) if number not in seen),
        precision=share(wrong, red, weight),
        alpha=share(red, ~wrong, weight),
        beta=share(green, wrong, weight),
        false_green=share(wrong, green, weight),
        by_crop=dict(sorted(by_crop.items())),
        by_size={name: by_size[name] for name in SIZE_CLASSES if name in by_size},
    )


def share(
    counts: NDArray[np.bool_], among: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Share:
    """The weighted share of parcels that count among some, with its interval.

    :param counts: [m].
    :param among: [m].
    :param weight: [m].
    """
    parcels, hits = int(among.sum()), int((counts & among).sum())
    if not parcels:
        return Share(0, 0, None, 0.0, 1.0)
    own = weight[among]
    value = float(own[counts[among]].sum() / own.sum())
    effective = float(own.sum() ** 2 / (own**2).sum())
    return Share(parcels, hits, value, *clopper_pearson(value * effective, effective))


def size_class(area_ha: float | None) -> str:
    """The size class of a parcel, e.g. ``0.3 to 1 ha``."""
    if area_ha is None:
        return SIZE_CLASSES[-1]
    return SIZE_CLASSES[int(np.searchsorted(SIZES_HA, area_ha, side="right"))]


SIZE_CLASSES = (
    f"below {SIZES_HA[0]:g} ha",
    *(f"{low:g} to {high:g} ha" for low, high in pairwise(SIZES_HA)),
    f"{SIZES_HA[-1]:g} ha or more",
    "size unknown",
)


def text(found: ListReport, season: str) -> str:
    """The report for people, with the definitions of its words."""
    lines = [
        f"{season}: {found.decided} parcels decided, {found.unclear} of them unclear,"
        f" {found.unlisted} not ranked by any list",
        *(
            f"{name}: {value.text()}\n    {DEFINITIONS[name]}"
            for name, value in (
                ("precision", found.precision),
                ("alpha", found.alpha),
                ("beta", found.beta),
                ("false green", found.false_green),
            )
        ),
    ]
    for title, shares in (("crop", found.by_crop), ("size", found.by_size)):
        if shares:
            lines.append(f"precision by {title}:")
            lines += [f"  {name}: {value.text()}" for name, value in shares.items()]
    bands = ", ".join(band.name for band in PLAN)
    lines.append(
        f"Parcels stand for their band of the ranking ({bands}), as if drawn at random from it;"
        f" {Finding.UNCLEAR} findings count nowhere."
    )
    if found.unseen:
        lines.append(f"Alpha and beta leave out: {', '.join(found.unseen)} (nothing inspected).")
    return "\n".join(lines)
