"""Checks of the window in the running Airflow: page, tiles, series, chips and a decision."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import asinh, pi, radians, tan
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyogrio

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm_lab.demo.check import Check, equal

#: Below Airflow's own address.
MOUNT = "/cbm/"
#: The frame that Airflow shows the window in, as the plugin names it.
FRAME = "/plugin/cbm-seasons/cbm/"
#: A zoom with cells, and one with outlines.
CELLS, OUTLINES = 8, 12
#: The key of the decision begins so: however often the report is made, there is one.
REQUEST = "demo-report-"
NOTE = "planted by the demo"
_TIMEOUT_S = 60
_SEEN = "obsid", "cause"
_WEBP = b"RIFF", b"WEBP"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the window is asked about.

    :param parcels: of the season.
    :param pid: of the parcel that is looked at and decided on.
    :param true_crop: what grows there; None if it is what was declared.
    :param scenes: with records of the parcel, by card.
    """

    season: str
    parcels: int
    pid: str
    true_crop: str | None
    scenes: Mapping[str, int]


class Window:
    """The API of the window, with the token of a user's login.

    :param airflow_url: without a path.
    :raises httpx.HTTPError: nobody answers, or the login is refused.
    """

    def __init__(self, airflow_url: str, user: str, password: str) -> None:
        self._client = httpx.Client(base_url=airflow_url, timeout=_TIMEOUT_S, trust_env=False)
        login = {"username": user, "password": password}
        reply = self._client.post("/auth/token", json=login).raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """A reply of the window.

        :param path: below its mount.
        :raises httpx.HTTPError: there is none, or it is a refusal.
        """
        return self._client.get(MOUNT + path, **asked).raise_for_status()

    def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Any:
        """The JSON of a reply.

        :raises httpx.HTTPError: as :meth:`get`.
        """
        reply = self._client.post(MOUNT + path, json=dict(body), headers=headers)
        return reply.raise_for_status().json()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def addresses(airflow_url: str, season: str = "") -> dict[str, str]:
    """Addresses for a browser: inside Airflow's frame, and on its own.

    :param season: whose page to open; without it the list of seasons.
    """
    page = f"seasons/{quote(season, safe='')}" if season else ""
    return {"in_airflow": f"{airflow_url}{FRAME}{page}", "alone": f"{airflow_url}{MOUNT}{page}"}


def subject_of(
    connection: Connection, season: str, parcels: int, truth: Mapping[str, Any]
) -> Subject:
    """The first parcel that was declared wrongly and is large enough for every card.

    A season in which none is has a meadow in its place.

    :param truth: the truth file of the season.
    """
    true_crops = {str(one["pid"]): one["true"] for one in truth["wrong_declarations"]}
    pids = [*true_crops, *(str(one["pid"]) for one in truth["planted"]["mown"])]
    scenes: dict[str, dict[str, int]] = {pid: {} for pid in pids}
    for row in connection.execute(query("lab/looks"), {"season": season, "pids": pids}):
        scenes[row.pid][row.card] = row.scenes
    pid = max(pids, key=lambda one: len(scenes[one]))
    return Subject(season, parcels, pid, true_crops.get(pid), scenes[pid])


def checks(airflow_url: str, user: str, password: str, subject: Subject) -> list[Check]:
    """Ask the window everything; an answer that does not come is a check that fails."""
    try:
        window = Window(airflow_url, user, password)
    except httpx.HTTPError as error:
        return [equal(f"window: login of {user}", "lets in", _said(error))]
    try:
        found = [one for check in _CHECKS for one in _asked(check, window, subject)]
    finally:
        window.close()
    return found


def _asked(
    check: Callable[[Window, Subject], Iterator[Check]], window: Window, subject: Subject
) -> list[Check]:
    try:
        return list(check(window, subject))
    except (httpx.HTTPError, pyogrio.errors.DataSourceError, KeyError, ValueError) as error:
        name = (check.__doc__ or "").splitlines()[0].rstrip(".")
        return [equal(f"window: {name}", "an answer", _said(error))]


def _said(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _season(window: Window, subject: Subject) -> Iterator[Check]:
    """The season's page and its data."""
    address = f"seasons/{quote(subject.season, safe='')}"
    page = window.get(address, headers={"Accept": "text/html"})
    kind = page.headers["content-type"].partition(";")[0]
    yield equal("window: the season's page", "text/html", kind)
    found = window.get(f"api/v1/{address}").json()
    yield equal("window: parcels of the season", subject.parcels, found["parcels"])
    cards = sorted({row["card"] for row in found["months"]})
    yield equal("window: cards of the season", sorted(subject.scenes), cards)


def _tiles(window: Window, subject: Subject) -> Iterator[Check]:
    """Tiles of the map."""
    season = quote(subject.season, safe="")
    extent = window.get(f"api/v1/seasons/{season}/map").json()["extent"]
    cells = 0
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for z, layer, column in ((CELLS, "cells", "parcels"), (OUTLINES, "parcels", "pid")):
            for x, y in _tiles_of(extent, z):
                body = window.get(f"tiles/{season}/{z}/{x}/{y}.mvt").content
                values = _column(body, layer, column, Path(folder) / f"{z}-{x}-{y}.pbf")
                if z == CELLS:
                    cells += sum(values)
                else:
                    # A parcel on an edge is in both tiles.
                    seen.update(values)
    yield equal(f"window: parcels in the cells of zoom {CELLS}", subject.parcels, cells)
    yield equal(f"window: outlines in the tiles of zoom {OUTLINES}", subject.parcels, len(seen))


def _tiles_of(extent: list[float], zoom: int) -> Iterator[tuple[int, int]]:
    """Column and row of each tile of a zoom that covers an extent in degrees."""
    west, south, east, north = extent

    def column(longitude: float) -> int:
        return int((longitude / 360 + 0.5) * 2**zoom)

    def row(latitude: float) -> int:
        return int((0.5 - asinh(tan(radians(latitude))) / (2 * pi)) * 2**zoom)

    for x in range(column(west), column(east) + 1):
        for y in range(row(north), row(south) + 1):
            yield x, y


def _column(body: bytes, layer: str, column: str, file: Path) -> list[Any]:
    """A column of a vector tile's layer, as GDAL reads it; empty for an empty tile."""
    if not body:
        return []
    file.write_bytes(body)
    if layer not in pyogrio.list_layers(file)[:, 0]:
        return []
    _, _, _, (values,) = pyogrio.raw.read(file, layer=layer, columns=[column], read_geometry=False)
    return list(values.tolist())


def _series(window: Window, subject: Subject) -> Iterator[Check]:
    """The series of a parcel."""
    found = window.get(f"{_parcel(subject)}/series").json()
    seen = {
        (series["card"], obsid)
        for series in found["series"]
        for obsid, cause in zip(*(series["observations"][name] for name in _SEEN), strict=True)
        # A missing pass may have a scene too, from which nothing came.
        if cause is None
    }
    scenes = dict(Counter(card for card, _ in seen))
    yield equal(f"window: scenes in the series of parcel {subject.pid}", subject.scenes, scenes)


def _chips(window: Window, subject: Subject) -> Iterator[Check]:
    """Images of a parcel."""
    rows = window.get(f"{_parcel(subject)}/chips").json()["rows"]
    held = [row for row in rows if row["held"] == "held"]
    newest = {row["sensor"]: row for row in sorted(held, key=lambda row: row["at"])}
    yield Check("window: dates with an image", "some of each sensor", len(held), len(newest) == 2)
    for sensor, row in sorted(newest.items()):
        reply = window.get(row["image"])
        start = reply.content[:12]
        kind = "an image" if (start[:4], start[8:]) == _WEBP else f"{start!r}"
        yield equal(f"window: chip of {sensor}, {row['day']}", "an image", kind)


def _decision(window: Window, subject: Subject) -> Iterator[Check]:
    """A decision."""
    wish: dict[str, Any] = {"pid": subject.pid, "finding": "right", "note": NOTE}
    if subject.true_crop is not None:
        wish |= {"finding": "wrong", "true_crop": subject.true_crop}
    season = quote(subject.season, safe="")
    address = f"api/v1/seasons/{season}/decisions"
    recorded = window.post(address, wish, **{"Idempotency-Key": REQUEST + subject.pid})["decision"]
    history = window.get(f"{_parcel(subject)}/decisions").json()["rows"]
    mine = [row for row in history if row["note"] == NOTE]
    found = [(row["id"], row["finding"], row["true_crop"]) for row in mine]
    wanted = [(recorded["id"], wish["finding"], subject.true_crop)]
    yield equal(f"window: decision on parcel {subject.pid}, read back", wanted, found)


def _parcel(subject: Subject) -> str:
    return f"api/v1/seasons/{quote(subject.season, safe='')}/parcels/{quote(subject.pid)}"


_CHECKS = (_season, _tiles, _series, _chips, _decision)
