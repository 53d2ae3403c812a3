"""Make a simulated season: parcels, products, catalogue, and the truth about them.

The folder then holds::

    eodata/         the product store, laid out like a platform's /eodata
    catalogue.json  what the local DIAS lists, and when
    dem.tif         the terrain model that CARD is made with
    parcels.gpkg    the declarations: pid, crop
    area.geojson    the area to watch
    season.json     days, area and parameters, for serving and running it
    rules.toml      the schemes that its parcels are judged by
    truth.json      what was planted; for the report, never for the pipeline
    README.txt      that all of it is simulated
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
from shapely.geometry import mapping

from dias_cbm.errors import SettingsError
from dias_cbm_lab.dias import listing
from dias_cbm_lab.season import (
    expected_results,
    landscape,
    level1,
    plan,
    planting,
    products,
    rule_file,
)
from dias_cbm_lab.season.crops import CROPS
from dias_cbm_lab.season.landscape import Landscape
from dias_cbm_lab.season.place import LABEL, PARCELS_SRID, TILE, Place, geographic
from dias_cbm_lab.season.plan import DEFAULT_START, Entry, Plan
from dias_cbm_lab.season.products import Written
from dias_cbm_lab.season.signal import Signal

#: Increased when the same parameters make another season, so that old folders are not reused.
VERSION = 3
#: Called after each product: how many are done, of how many, and the name of this one.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DemoSeason:
    """A finished season on disk.

    :param starts: first day; ``ends`` is the last.
    :param reused: it existed already.
    """

    folder: Path
    name: str
    starts: date
    ends: date
    reused: bool = False

    @property
    def store(self) -> Path:
        """The folder that stands for ``/eodata``."""
        return self.folder / "eodata"

    @property
    def parcels(self) -> Path:
        """The declarations: columns ``pid`` and ``crop``."""
        return self.folder / "parcels.gpkg"

    @property
    def dem(self) -> Path:
        """Terrain model: heights above the geoid."""
        return self.folder / "dem.tif"

    @property
    def area(self) -> Path:
        """The area, one polygon in EPSG:4326."""
        return self.folder / "area.geojson"

    def truth(self) -> dict[str, Any]:
        """What was planted, for the report."""
        return dict(json.loads((self.folder / "truth.json").read_text()))


def make(
    folder: Path | str,
    *,
    days: int = 42,
    parcels: int = 2_000,
    seed: int = 1,
    progress: Progress | None = None,
    start: date = DEFAULT_START,
    workers: int = 2,
) -> DemoSeason:
    """Make a season, or reuse the existing one if it was made with the same parameters.

    A folder is complete or absent: files are written beside it first. The same parameters make the
    same bytes.

    :param folder: replaced if it holds a season with other parameters.
    :param workers: processes; 1 works in this one.
    :raises SettingsError: too few days or parcels for the planted faults, or the folder holds
        something that is not a demo season.
    """
    folder = Path(folder)
    parameters = {
        "version": VERSION,
        "days": days,
        "parcels": parcels,
        "seed": seed,
        "start": start.isoformat(),
    }
    if _parameters_of(folder) == parameters:
        return open_season(folder)
    place = Place.holding(parcels)
    planned = plan.compose(start, days, seed, place)
    beside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    land, planted = planting.plant(
        landscape.compose(place, parcels, seed), planned.starts, planned.ends, seed
    )
    written = []
    signal = Signal.of(land, seed, planted)
    for one in _write_products(planned, land, signal, beside, workers):
        written.append(one)
        if progress:
            progress(len(written), sum(entry.stored for entry in planned.entries), one.name)
    _write_json(beside / "catalogue.json", {"value": listing.compose(planned, written)})
    level1.write_terrain(beside / "dem.tif", place.area)
    _write_parcels(beside / "parcels.gpkg", land)
    _write_json(beside / "area.geojson", _area(place))
    _write_json(
        beside / "truth.json",
        expected_results.describe(planned, land.wrong_declarations())
        | {"planted": planting.describe(planted, land, planned.starts, planned.ends)},
    )
    looks = planting.looks_of(planned.starts, planned.ends)
    (beside / "rules.toml").write_text(rule_file.text(looks))
    (beside / "README.txt").write_text(_readme(planned))
    _write_json(beside / "season.json", _season(planned, parameters))
    _put_in_place(beside, folder)
    return open_season(folder, reused=False)


def open_season(folder: Path | str, *, reused: bool = True) -> DemoSeason:
    """Open a season that was made before.

    :raises SettingsError: there is none.
    """
    folder = Path(folder)
    try:
        described = json.loads((folder / "season.json").read_text())
    except FileNotFoundError:
        raise SettingsError(
            "holds no demo season", subject=folder, hint="make one with `cbm lab season`"
        ) from None
    starts, ends = (date.fromisoformat(described[name]) for name in ("starts", "ends"))
    return DemoSeason(folder, described["name"], starts, ends, reused)


def _parameters_of(folder: Path) -> dict[str, Any] | None:
    """The parameters of the season in a folder; None if there is nothing.

    :raises SettingsError: there is something else, which must not be replaced.
    """
    file = folder / "season.json"
    if file.exists():
        return dict(json.loads(file.read_text())["parameters"])
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(
            "holds something that is not a demo season",
            subject=folder,
            hint="choose another folder",
        )
    return None


# What a worker process works with; set once per process, since a landscape is large to send.
_tools: tuple[Path, Landscape, Signal]


def _equip(root: Path, land: Landscape, signal: Signal) -> None:
    global _tools
    _tools = root, land, signal


def _write_some(entries: list[Entry]) -> list[Written]:
    return products.write(entries, *_tools)


def _write_products(
    planned: Plan, land: Landscape, signal: Signal, root: Path, workers: int
) -> Iterator[Written]:
    tools = root, land, signal
    jobs = planned.writing()
    if workers == 1:
        for job in jobs:
            yield from products.write(job, *tools)
        return
    # Spawned, not forked: the caller may have threads and open connections.
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_equip, initargs=tools
    ) as pool:
        # Pairs take longest, then optical products: begun first, no process waits at the end.
        jobs.sort(key=lambda job: (len(job), job[0].kind.sensor), reverse=True)
        for written in pool.map(_write_some, jobs):
            yield from written


def _write_parcels(path: Path, land: Landscape) -> None:
    frame = geopandas.GeoDataFrame(
        {"pid": land.pid, "crop": [CROPS[i] for i in land.declared]},
        geometry=list(land.geometry),
        crs=PARCELS_SRID,
    )
    # Without it the file would contain the time of its creation.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2018-01-01T00:00:00.000Z"})
    try:
        frame.to_file(
            path,
            layer="parcels",
            engine="pyogrio",
            geometry_type="Unknown",
            promote_to_multi=False,
            layer_options={"DESCRIPTION": products.NOTE},
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _area(place: Place) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "demo area", "label": LABEL, "tile": TILE},
                "geometry": mapping(geographic(place.area)),
            }
        ],
    }


def _season(planned: Plan, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": LABEL,
        "name": f"demo-{planned.starts.year}",
        "starts": planned.starts.isoformat(),
        "ends": planned.ends.isoformat(),
        "tile": TILE,
        "srid": PARCELS_SRID,
        "season_end": listing.text(planned.season_end),
        "parameters": parameters,
    }


def _readme(planned: Plan) -> str:
    return (
        f"{LABEL} DATA\n\n"
        f"Everything in this folder is {LABEL}: parcels, crops, declarations, catalogue entries\n"
        "and products. Product names follow the missions' patterns so that software can read\n"
        "them; no satellite made these data, no farmer declared these crops, and nothing in\n"
        "them says anything about a real place.\n\n"
        f"Season: {planned.starts} to {planned.ends}, MGRS tile {TILE}, seed {planned.seed}.\n"
        "truth.json lists what was planted; code that is checked against it must not read it.\n"
    )


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


def _put_in_place(beside: Path, folder: Path) -> None:
    """Swap the finished folder in; a kill between the two renames leaves none, never a half one."""
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
