"""Rows of a parcel's observations: stored bands, indices, and a row for each missing pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dias_cbm.scenes import Card
from dias_cbm.window.data.parcel_missed import lanes_of
from dias_cbm.window.data.parcel_units import decibels, direction_of, indices, unit

COLUMNS = (
    "time", "card", "band", "direction", "rel_orbit", "satellite", "obsid", "product", "rule",
    "pixels", "mean", "p25", "p75", "unit", "mean_db", "p25_db", "p75_db", "clear_share", "cause",
    "why",
)  # fmt: skip
Row = dict[str, Any]


def rows(
    records: Iterable[Any],
    missed: Sequence[Row],
    shares: Mapping[int, float | None],
    bands: Sequence[str] | None = None,
) -> list[Row]:
    """The observations of a parcel in order of time; a missing pass is a row without a value.

    :param records: of the query ``window/parcel_records``.
    :param missed: of :func:`~dias_cbm.window.data.parcel_missed.missed`.
    :param shares: clear share by obsid.
    :param bands: only these bands and indices.
    """
    seen = [_stored(record, shares.get(record.obsid)) for record in records]
    seen += _indices(seen)
    kept = [row for row in seen if bands is None or row["band"] in bands]
    kept += _nulls(kept, missed)
    return sorted(
        kept, key=lambda row: (row["time"], row["obsid"] or 0, row["card"], row["band"] or "")
    )


def _stored(record: Any, share: float | None) -> Row:
    card = record.card
    return {
        "time": record.obstime,
        "card": card,
        "band": record.band,
        "direction": direction_of(card, record.direction),
        "rel_orbit": record.rel_orbit,
        "satellite": record.satellite,
        "obsid": record.obsid,
        "product": record.product,
        "rule": record.rule,
        "pixels": record.pixels,
        "mean": record.mean,
        "p25": record.p25,
        "p75": record.p75,
        "unit": unit(card, record.band),
        "mean_db": decibels(card, record.mean),
        "p25_db": decibels(card, record.p25),
        "p75_db": decibels(card, record.p75),
        "clear_share": share,
        "cause": None,
        "why": None,
    }


def _indices(seen: Iterable[Row]) -> list[Row]:
    """Indices of the means; they have no inner half, which only their pixels could give."""
    scenes: dict[int, dict[str, Row]] = defaultdict(dict)
    for row in seen:
        if row["card"] == Card.S2:
            scenes[row["obsid"]][row["band"]] = row
    means = {
        obsid: {band: row["mean"] for band, row in bands.items()} for obsid, bands in scenes.items()
    }
    return [
        next(iter(scenes[obsid].values()))
        | {"band": name, "mean": value, "p25": None, "p75": None, "unit": unit(Card.S2, name)}
        for obsid, found in indices(means).items()
        for name, value in found.items()
    ]


def _nulls(kept: Sequence[Row], missed: Sequence[Row]) -> list[Row]:
    """A row without a value for each missing pass, in every series that misses it."""
    bands: dict[tuple[str, str], set[str]] = defaultdict(set)
    none: list[str | None] = [None]
    for row in kept:
        bands[row["card"], row["direction"]].add(row["band"])
    nothing = dict.fromkeys(COLUMNS)
    # A card without any observation has no bands; its missing passes are listed all the same.
    return [
        nothing
        | {name: value for name, value in gap.items() if name in nothing}
        | {"direction": direction, "band": band, "unit": unit(gap["card"], band)}
        for gap in missed
        for direction in lanes_of(gap, bands)
        for band in sorted(bands.get((gap["card"], direction), ())) or none
    ]
