"""A parcel's series, classes, markers and weather in JRC's columns and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.weather import nearest
from dias_cbm.window.data.parcel import require_records
from dias_cbm.window.jrc.columns import DN, Columns, band_name, band_of, columns

#: Bands of an optical series unless one is asked for; their client draws no others.
OPTICAL = ("B02", "B03", "B04", "B05", "B08", "B11")
STATISTICS = ("mean", "std", "min", "max", "p25", "p50", "p75")
_EVENT = (
    "marker", "kind", "start_date", "end_date", "best_date", "confidence", "version",
)  # fmt: skip
_WEATHER = ("meteo_date", "tmean", "tmin", "tmax", "prec")


def signatures(
    connection: Connection,
    season: Season,
    pid: str,
    card: Card,
    band: str | None,
    *,
    classes: bool,
    reference: bool,
) -> Columns:
    """Statistics of each observation and band, in order of time.

    Optical bands are in digital numbers, 10,000 for a reflectance of 1; backscatter and coherence
    are linear. Radar rows say which orbit they are of: values of two are not alike.

    :param band: their name of one band; None: the usual ones, with a column ``band``.
    :param classes: for optical rows, pixels of each class that occurs.
    :param reference: with the product's name.
    :raises HTTPException: 400: the card has no such band.
    :raises StateConflict: the season's records are detached.
    """
    own = None if not band else band_of(band, card)[1]
    bands = [own] if own else list(OPTICAL) if card is Card.S2 else None
    values = {"season": season.id, "pid": pid, "card": card, "bands": bands}
    rows = connection.execute(query("window/jrc_series"), values).fetchall()
    if not rows:
        require_records(connection, season)
    names = ["date_part", *([] if own else ["band"]), "count", *STATISTICS]
    names += ["reference"] if reference else []
    names += [] if card is Card.S2 else ["orbit", "direction"]
    made = columns(rows, names)
    if not own:
        made["band"] = [band_name(card, name) for name in made["band"]]
    if card is Card.S2:
        for name in STATISTICS:
            made[name] = [
                _digital(value, row.band) for value, row in zip(made[name], rows, strict=True)
            ]
        if classes:
            counted = _classes(connection, season, pid)
            # Nothing is known of the classes of an observation without a histogram: class 0.
            made["hist"] = [counted.get(row.obsid, {"0": int(row.count)}) for row in rows]
    return made


def classes(connection: Connection, season: Season, pid: str) -> Columns:
    """Pixels of each scene class of each optical observation.

    :raises StateConflict: the season's records are detached.
    """
    values = {"season": season.id, "pid": pid}
    rows = connection.execute(query("window/jrc_classes"), values).fetchall()
    if not rows:
        require_records(connection, season)
    return columns(rows, ["date_part", "hist"])


def events(connection: Connection, season: Season, pid: str) -> Columns:
    """The events that markers saw, in the newest run of each."""
    asked: dict[str, Any] = {"season": season.id, "pid": pid, "markers": None}
    states = {row.run: row for row in connection.execute(query("markers/of_parcel"), asked)}
    found = connection.execute(
        query("markers/events_of_parcel"), asked | {"runs": sorted(states)}
    ).fetchall()
    rows = [
        row._asdict() | {"marker": states[row.run].marker, "version": states[row.run].version}
        for row in found
    ]
    return {name: [row[name] for row in rows] for name in _EVENT}


def weather(connection: Connection, season: Season, pid: str) -> Columns:
    """Daily weather of the cell that is nearest to the parcel."""
    try:
        found = nearest.of_parcel(connection, season, pid).columns()
    except (ParcelUnknown, NotEnoughData):
        return {name: [] for name in _WEATHER}
    return {name: list(values) for name, values in found.items()}


def _classes(connection: Connection, season: Season, pid: str) -> dict[int, dict[str, int]]:
    values = {"season": season.id, "pid": pid}
    return {row.obsid: row.hist for row in connection.execute(query("window/jrc_classes"), values)}


def _digital(value: float | None, band: str) -> float | None:
    return value * DN if value is not None and band.startswith("B") else value


def bands(rows: Sequence[Any]) -> list[str]:
    """Names of the bands that their clients can ask for."""
    return sorted({band_name(row.card, row.band) for row in rows})
