"""The gaps of a season as features: what was expected and is missing, and the parcels' boxes."""

from __future__ import annotations

from datetime import UTC, datetime

from dias_cbm.completeness.gaps import State
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.ogc.collection import Collection, Feature, Page, Property, extent_of
from dias_cbm.window.ogc.feature_request import FeatureRequest, place_after, whole_number

_NUMBER = "rel_orbit"
_PROPERTIES = (
    Property("card", "card", filtered=True, values=[str(one) for one in Card]),
    Property("satellite", "satellite", filtered=True),
    Property(_NUMBER, "relative orbit", "integer", filtered=True),
    Property("direction", "A: ascending, D: descending", filtered=True),
    Property("tile", "MGRS tile", filtered=True),
    Property("expected_at", "when it should have been sensed", form="date-time"),
    Property("cause", "why it is missing", filtered=True, values=[str(one) for one in Cause]),
    Property("state", "state", filtered=True, values=[str(one) for one in State]),
    Property("evidence", "what the cause was decided by"),
    Property("parcels", "parcels that it would have covered", "integer"),
    Property("attempts", "times it was asked for again", "integer"),
    Property("next_check", "when it is asked for next", form="date-time"),
    Property("closed_at", "since when it is closed", form="date-time"),
)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC), 0)


def collection(season: Season) -> Collection:
    """What there is to ask of the gaps."""
    days = (season.starts.isoformat(), season.ends.isoformat())
    title = f"Gaps of {season.name}, open and closed"
    return Collection(season.name, "gaps", title, extent_of(season.area), _PROPERTIES, days)


def page(connection: Connection, season: Season, asked: FeatureRequest) -> Page:
    """A page of gaps in order of time."""
    place = place_after(asked.after, (datetime, int))
    at, gap = _FIRST if place is None else (place[0], place[1])
    box = asked.box
    values = dict.fromkeys(name.name for name in _PROPERTIES if name.filtered) | {
        **asked.equal,
        "season": season.id,
        "id": None,
        "since": asked.since,
        "before": asked.before,
        "boxed": box is not None,
        **dict(zip(("west", "south", "east", "north"), box or (0, 0, 0, 0), strict=True)),
        "after_at": at,
        "after_id": gap,
        "limit": asked.limit + 1,
    }
    if _NUMBER in asked.equal:
        values[_NUMBER] = whole_number(asked.equal[_NUMBER], _NUMBER)
    found = _features(connection, values)
    if len(found) <= asked.limit:
        return Page(found)
    last = found[asked.limit - 1]
    after = tables.key([last.properties["expected_at"], last.id])
    return Page(found[: asked.limit], after)


def one(connection: Connection, season: Season, number: str) -> Feature | None:
    """One gap; None if the season has none with that number."""
    values = dict.fromkeys(name.name for name in _PROPERTIES if name.filtered) | {
        "season": season.id,
        "id": whole_number(number, "id"),
        "since": None,
        "before": None,
        "boxed": False,
        **dict.fromkeys(("west", "south", "east", "north"), 0),
        "after_at": _FIRST[0],
        "after_id": _FIRST[1],
        "limit": 1,
    }
    return next(iter(_features(connection, values)), None)


def _features(connection: Connection, values: dict[str, object]) -> list[Feature]:
    names = [one.name for one in _PROPERTIES]
    return [
        Feature(row.id, row.geometry, {name: getattr(row, name) for name in names})
        for row in connection.execute(query("window/ogc_gaps"), values)
    ]
