"""One parcel's series: observations, missing passes and five-day means, never closed up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.data import parcel_observations, parcel_windows
from dias_cbm.window.data.parcel import Place
from dias_cbm.window.data.parcel_missed import missed, orbits_of
from dias_cbm.window.data.parcel_units import clear_classes, clear_share

Row = dict[str, Any]
Key = tuple[str, str, str]
#: What differs within one series.
_OBSERVED = (
    "time", "obsid", "rel_orbit", "satellite", "pixels", "mean", "p25", "p75", "mean_db", "p25_db",
    "p75_db", "clear_share", "cause",
)  # fmt: skip
_WINDOWS = ("window_start", "window_end", "mean", "mean_db", "n")


@dataclass(frozen=True, slots=True)
class ParcelSeries:
    """The series of a parcel.

    :param observations: with the columns of ``parcel_observations``.
    :param windows: with the columns of ``parcel_windows``.
    :param missed: passes without evidence, once each.
    :param classes: pixels by class of the scene classification, by obsid.
    """

    observations: Sequence[Row]
    windows: Sequence[Row]
    missed: Sequence[Row]
    classes: Mapping[int, Mapping[str, int]]


def read(
    connection: Connection,
    season: Season,
    place: Place,
    *,
    cards: Sequence[Card] | None = None,
    bands: Sequence[str] | None = None,
    inner: bool = True,
) -> ParcelSeries:
    """The series of a parcel.

    :param cards: only these.
    :param bands: only these bands and indices.
    :param inner: with ``p25`` and ``p75``, the inner half of its pixels.
    """
    values = place.values(season) | {
        "cards": None if cards is None else [str(card) for card in cards],
        "inner": inner,
    }
    classes = {}
    if cards is None or Card.S2 in cards:
        classes = classes_of(connection, season, place)
    records = connection.execute(query("window/parcel_records"), values).fetchall()
    seen = {record.obsid for record in records}
    gaps = [
        row
        for row in missed(connection, season, place, seen, orbits_of(records))
        if cards is None or row["card"] in cards
    ]
    means = connection.execute(query("window/parcel_windows"), values).fetchall()
    clear = clear_classes()
    shares = {obsid: clear_share(counts, clear) for obsid, counts in classes.items()}
    return ParcelSeries(
        parcel_observations.rows(records, gaps, shares, bands),
        parcel_windows.rows(season, means, bands),
        gaps,
        classes,
    )


def classes_of(connection: Connection, season: Season, place: Place) -> dict[int, dict[str, int]]:
    """Pixels of a parcel by class of the scene classification, by obsid."""
    rows = connection.execute(query("window/parcel_classes"), place.values(season))
    return {row.obsid: row.classes for row in rows}


def as_json(found: ParcelSeries) -> dict[str, Any]:
    """An object for each series, with a list for each column, as a chart draws them.

    :returns: also which classes count as ``clear``, and the share of them that a look needs.
    """
    observations, windows = _by_key(found.observations), _by_key(found.windows)
    series = []
    for key in sorted(observations.keys() | windows.keys()):
        seen, means = observations.get(key, []), windows.get(key, [])
        series.append(
            {
                **dict(zip(("card", "band", "direction"), key, strict=True)),
                "unit": (seen or means)[0]["unit"],
                "observations": {name: [row[name] for row in seen] for name in _OBSERVED},
                "windows": {name: [row[name] for row in means] for name in _WINDOWS},
            }
        )
    scenes = {
        row["obsid"]: {
            "product": row["product"],
            "rule": row["rule"],
            "classes": found.classes.get(row["obsid"]),
        }
        for row in found.observations
        if row["cause"] is None
    }
    least = settings().markers.minimum_clear
    clear = {"classes": sorted(map(int, clear_classes())), "least_share": least}
    return {"series": series, "missed": found.missed, "scenes": scenes, "clear": clear}


def _by_key(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if row["band"] is not None:
            found[row["card"], row["band"], row["direction"]].append(row)
    return found
