"""Series of parcels for tests of markers: written by hand, and from real data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dias_cbm.markers import indices
from dias_cbm.markers.events import Events
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import (
    Coherence,
    Optical,
    ParcelSeries,
    Radar,
    no_coherence,
    no_radar,
)
from dias_cbm.markers.witness import SPARSE_PLANTS, UNBROKEN, WITNESS

#: A window of a year, from day 0.
YEAR = Window(0, 365)


def optical(days: Any, clear: Any = 1.0, snow: Any = 0.0, **values: Any) -> Optical:
    """Observations of 100 pixels; a value is a number, a row, or a matrix."""
    days = np.asarray(days, np.int32)
    rows = max(np.atleast_2d(value).shape[0] for value in (clear, snow, *values.values()))
    shape = (rows, len(days))

    def fit(value: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, np.float32), shape).copy()

    obsid = np.broadcast_to(np.arange(1, len(days) + 1, dtype=np.int32), shape).copy()
    fitted = {name.replace("_", ":"): fit(value) for name, value in values.items()}
    return Optical(days, fitted, fit(clear), fit(100), fit(snow), obsid)


def parcels(
    seen: Optical,
    radar: Radar | None = None,
    coherence: Coherence | None = None,
    crops: Any = "grass",
    attributes: list[dict[str, Any]] | None = None,
) -> ParcelSeries:
    """The parcels of some observations."""
    n = len(seen.clear)
    return ParcelSeries(
        "dk-2018",
        [f"p{number}" for number in range(n)],
        np.full(n, 1e4),
        np.broadcast_to(np.asarray(crops, "U20"), n).copy(),
        attributes or [{}] * n,
        seen,
        radar or no_radar(n),
        coherence or no_coherence(n),
    )


def told(events: Events) -> Events:
    """The events alone, without what tells how sure they are."""
    return events.select(~np.isin(events.kind, [WITNESS, UNBROKEN, SPARSE_PLANTS]))


def _matrices(
    table: pd.DataFrame, names: list[str], index: str
) -> tuple[list[str], np.ndarray, dict[str, np.ndarray]]:
    wide = table.pivot_table(index=index, columns="day", values=names, dropna=False)
    found = {name: wide[name].to_numpy(np.float32) for name in names}
    return list(wide.index), wide[names[0]].columns.to_numpy(np.int32), found


def _real(days: np.ndarray, bands: dict[str, np.ndarray], stored: str) -> Optical:
    there = ~np.isnan(bands[stored])
    values = indices.with_indices(bands, indices.NAMES)
    return Optical(
        days,
        values,
        np.where(there, 1, np.nan).astype(np.float32),
        np.where(there, 100, np.nan).astype(np.float32),
        np.zeros(there.shape, np.float32),
        np.where(there, np.arange(1, len(days) + 1), 0).astype(np.int32),
    )


def mowing_plots(real_data: Path, bands: tuple[str, ...] = ()) -> ParcelSeries:
    """Meadows watched by cameras, a plot-year a parcel, days of the year from 0."""
    table = pd.read_csv(real_data / "markers/mowing_sk_ch/series.csv.gz")
    table["day"] = pd.to_datetime(table.date).dt.day_of_year - 1
    table["key"] = table["plot"] + "/" + table["year"].astype(str)
    table = table[(table.ndvi > -1) & (table.B02 > -1) & (table.B04 > -1)]
    table = table.rename(columns={"ndvi": "NDVI"})
    names = ["B02", "B03", "B04", "B08", "B11", "NDVI", *bands]
    _, days, found = _matrices(table, names, "key")
    return parcels(_real(days, found, "NDVI"))


def worldcereal(real_data: Path) -> ParcelSeries:
    """French points of ten-day composites, days from 2022-09-01; the crop is WorldCereal's code."""
    table = pd.read_parquet(next((real_data / "parcel_series/worldcereal").glob("*.geoparquet")))
    table["day"] = (table["timestamp"] - pd.Timestamp("2022-09-01")).dt.days
    bands = ("B02", "B03", "B04", "B08", "B11", "B12")
    for name in bands:
        table[name] = table[f"S2-L2A-{name}"].where(table[f"S2-L2A-{name}"] != 65535) / 10000
    table["known"] = 1.0
    pids, days, found = _matrices(table, ["known", *bands], "sample_id")
    found.pop("known")
    code = table.groupby("sample_id")["ewoc_code"].first()
    return parcels(_real(days, found, "B04"), crops=[str(code[pid]) for pid in pids])


def no_optical(parcels: int) -> Optical:
    """No observations of so many parcels."""
    nothing = np.empty((parcels, 0), np.float32)
    none = np.empty((parcels, 0), np.int32)
    return Optical(np.empty(0, np.int32), {}, nothing, nothing, nothing, none)
