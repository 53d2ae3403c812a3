"""Spans of a parcel's season without evidence: from the look before to the look after, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import Place
from dias_cbm.window.data.parcel_missed import lanes_of, missed, orbits_of
from dias_cbm.window.data.parcel_series import classes_of
from dias_cbm.window.data.parcel_units import clear_classes, clear_share, direction_of

COLUMNS = (
    "card", "direction", "from", "to", "days", "cause", "causes", "passes", "products", "sentence",
)  # fmt: skip
_SENSOR = {Card.BS: "backscatter", Card.C6: "coherence", Card.C12: "coherence", Card.S2: "optical"}
#: A pass that covers the parcel and gives it no valid pixel, where clouds are not the cause.
NO_PIXEL = "no_valid_pixel"
_WORDS: Mapping[str, str] = {
    **{str(cause): words for cause, words in IN_WORDS.items()},
    str(Cause.CLOUDY): "clouds hide the parcel",
    NO_PIXEL: "the product covers the parcel, but gives no valid pixel",
}
Row = dict[str, Any]


def spans(connection: Connection, season: Season, place: Place) -> list[Row]:
    """The spans of every card and direction, in order of time.

    A span lies between two looks with at least one pass between them that left nothing; it begins
    with the season where there is no look before, and ends with it where there is none after. A
    radar pass whose direction nobody knows has that of the looks on its orbit; if there are none,
    it may be missing in either direction, and stands in both.
    """
    looks, blank, orbits = _looks(connection, season, place)
    every = [*blank, *missed(connection, season, place, _obsids(looks, blank), orbits)]
    lost: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for one in every:
        for direction in lanes_of(one, looks):
            lost[one["card"], direction].append(one)
    found = [
        row
        for key, passes in lost.items()
        for row in _of_series(key, sorted(looks.get(key, [])), passes, season)
    ]
    return sorted(found, key=lambda row: (row["from"], row["card"], row["direction"]))


def _looks(
    connection: Connection, season: Season, place: Place
) -> tuple[dict[tuple[str, str], list[tuple[datetime, int]]], list[Row], dict[int, str]]:
    """Times and scenes of the looks of each card and direction, and the passes that are none.

    :returns: also the direction in which each relative orbit of the radar crosses the parcel.
    """
    least, clear = settings().markers.minimum_clear, clear_classes()
    classes = classes_of(connection, season, place)
    looks: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
    blank = []
    rows = connection.execute(query("window/parcel_looks"), place.values(season)).fetchall()
    for row in rows:
        share = clear_share(classes.get(row.obsid, {}), clear)
        clouded = share is not None and share < least
        direction = direction_of(row.card, row.direction)
        if row.pixels > 0 and not clouded:
            looks[row.card, direction].append((row.obstime, row.obsid))
            continue
        blank.append(
            {
                "time": row.obstime,
                "card": row.card,
                "direction": direction,
                "rel_orbit": row.rel_orbit,
                "satellite": row.satellite,
                "cause": str(Cause.CLOUDY) if clouded else NO_PIXEL,
                "evidence": f"{share:.0%} of its pixels are clear" if clouded else None,
                "state": "processed",
                "gap": None,
                "obsid": row.obsid,
                "product": row.product,
            }
        )
    return looks, blank, orbits_of(rows)


def _obsids(looks: Mapping[Any, Iterable[tuple[datetime, int]]], blank: Iterable[Row]) -> set[int]:
    return {obsid for some in looks.values() for _, obsid in some} | {row["obsid"] for row in blank}


def _of_series(
    key: tuple[str, str],
    looks: Sequence[tuple[datetime, int]],
    passes: Iterable[Row],
    season: Season,
) -> list[Row]:
    between: dict[tuple[datetime, datetime], list[Row]] = defaultdict(list)
    edges = [_midnight(season.starts), *(at for at, _ in looks)]
    ends = [*(at for at, _ in looks), _midnight(season.ends + timedelta(days=1))]
    for one in sorted(passes, key=lambda row: row["time"]):
        before = max((at for at in edges if at <= one["time"]), default=edges[0])
        after = min((at for at in ends if at > one["time"]), default=ends[-1])
        between[before, after].append(one)
    return [_span(key, before, after, some) for (before, after), some in between.items()]


def _span(key: tuple[str, str], before: datetime, after: datetime, passes: list[Row]) -> Row:
    counts = Counter(one["cause"] for one in passes)
    return {
        "card": key[0],
        "direction": key[1],
        "from": before,
        "to": after,
        "days": round((after - before).total_seconds() / 86_400, 1),
        "cause": counts.most_common(1)[0][0],
        "causes": dict(counts),
        "passes": passes,
        "products": [one["product"] for one in passes if one["product"]],
        "sentence": _sentence(key[0], before, after, counts),
    }


def _sentence(card: str, before: datetime, after: datetime, counts: Mapping[str, int]) -> str:
    because = "; ".join(
        f"{_WORDS[cause]} ({number} {'pass' if number == 1 else 'passes'})"
        for cause, number in counts.items()
    )
    return (
        f"No {_SENSOR[Card(card)]} evidence from {before:%Y-%m-%d} to {after:%Y-%m-%d}"
        f" because {because}."
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
