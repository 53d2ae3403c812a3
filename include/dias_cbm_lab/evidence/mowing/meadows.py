"""Meadows with camera dates, as parcels of a series (project gee-mowing-detection, MIT).

A folder holds ``plots.csv`` (plot, site, year), ``events.csv`` (plot, year, type, date) and
``series.csv.gz`` (plot, year, date, reflectance by band, ndvi), of clear observations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dias_cbm.errors import NotEnoughData
from dias_cbm.markers import indices
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import Optical, ParcelSeries, day_number, no_coherence, no_radar

#: The bands that are extracted by default.
BANDS = ("B02", "B03", "B04", "B08", "B11")
FILES = ("plots.csv", "events.csv", "series.csv.gz")
#: Pixels of a plot are not in the data; all are large enough.
_PIXELS = 50


@dataclass(frozen=True, slots=True)
class Meadows:
    """Plots of one year, each a parcel.

    :param year: of all of them.
    :param site: int64[n], number of the site; a site's plots are never parted.
    :param series: of n parcels, named ``plot year``.
    :param mown: days of the dated cuts, by parcel.
    :param grazed: bool[n], whether a grazing spell is dated.
    """

    year: int
    site: NDArray[np.int64]
    series: ParcelSeries
    mown: list[list[int]]
    grazed: NDArray[np.bool_]

    @property
    def window(self) -> Window:
        """The year."""
        return Window(day_number(date(self.year, 1, 1)), day_number(date(self.year + 1, 1, 1)))

    def without(self, lost: float, seed: int) -> Meadows:
        """The same, with a share of the observations lost at random."""
        optical = self.series.optical
        random = np.random.default_rng((seed, self.year)).random(optical.clear.shape)
        clear = np.where(random < lost, np.nan, optical.clear).astype(np.float32)
        return replace(self, series=replace(self.series, optical=replace(optical, clear=clear)))


def read(folder: Path) -> list[Meadows]:
    """The meadows of a folder, by year.

    :raises NotEnoughData: a file is missing.
    """
    for name in FILES:
        if not (folder / name).is_file():
            raise NotEnoughData(f"holds no {name}", subject=folder)
    plots, events, looks = (pd.read_csv(folder / name) for name in FILES)
    sites = {site: number for number, site in enumerate(sorted(plots["site"].unique()))}
    return [
        _of_year(
            year,
            plots[plots["year"] == year],
            sites,
            events[events["year"] == year],
            looks[looks["year"] == year],
        )
        for year in sorted(set(plots["year"].tolist()))
    ]


def _of_year(
    year: int, plots: pd.DataFrame, sites: dict[str, int], events: pd.DataFrame, looks: pd.DataFrame
) -> Meadows:
    place = {plot: number for number, plot in enumerate(plots["plot"])}
    mown: list[list[int]] = [[] for _ in place]
    grazed = np.zeros(len(place), bool)
    for plot, kind, day in zip(
        events["plot"], events["type"], _numbers(events["date"]), strict=True
    ):
        if kind == "mowing":
            mown[place[plot]].append(int(day))
        else:
            grazed[place[plot]] = True
    site = np.array([sites[name] for name in plots["site"]], np.int64)
    pids = [f"{plot} {year}" for plot in place]
    optical = _optical(looks, place)
    series = ParcelSeries(
        season=str(year),
        pids=pids,
        area_m2=np.full(len(place), _PIXELS * 100.0),
        crops=np.full(len(place), "grassland"),
        attributes=[{}] * len(place),
        optical=optical,
        radar=no_radar(len(place)),
        coherence=no_coherence(len(place)),
    )
    return Meadows(year, site, series, mown, grazed)


def _optical(looks: pd.DataFrame, place: dict[str, int]) -> Optical:
    row = np.array([place[plot] for plot in looks["plot"]], np.int64)
    day = _numbers(looks["date"])
    days, column = np.unique(day, return_inverse=True)
    shape = (len(place), len(days))

    def matrix(values: pd.Series) -> NDArray[np.float32]:
        filled = np.full(shape, np.nan, np.float32)
        filled[row, column] = values.to_numpy(np.float32)
        return filled

    values = {band: matrix(looks[band]) for band in BANDS}
    values["NDVI"] = matrix(looks["ndvi"])
    seen = np.isfinite(values["NDVI"])
    return Optical(
        days=days,
        values=indices.with_indices(values, ["NDMI"]),
        clear=np.where(seen, 1, np.nan).astype(np.float32),
        pixels=np.where(seen, _PIXELS, np.nan).astype(np.float32),
        snow=np.where(seen, 0, np.nan).astype(np.float32),
        obsid=np.where(seen, np.arange(1, len(days) + 1), 0).astype(np.int32),
    )


def _numbers(dates: pd.Series) -> NDArray[np.int32]:
    return pd.to_datetime(dates).to_numpy("datetime64[D]").astype(np.int32)
