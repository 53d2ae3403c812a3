"""Cache of a tile's parcels in files: read from the database once per load, not once per scene.

The files are kept with the cached products of object stores, under the same size limit. If one is
missing or damaged, the parcels are read from the database.
"""

from __future__ import annotations

import logging
from dataclasses import fields
from functools import cache, partial
from pathlib import Path

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import StoreError
from dias_cbm.parcel_arrays import TileParcels, coordinates
from dias_cbm.storage.cache import product_cache

log = logging.getLogger(__name__)

# Version of the files; another layout needs another number.
_FORMAT = 1

_ARRAYS = [f.name for f in fields(TileParcels) if f.name not in ("pid", "srid")]


def tile_parcels(
    connection: Connection, season: int, tile: str, *, inner_buffer_m: float = 0.0
) -> TileParcels:
    """The parcels of a tile, as from :func:`dias_cbm.parcel_arrays.coordinates`.

    :raises SettingsError: a buffer is set, and the season's CRS is in degrees.
    """
    read = cache(partial(coordinates, connection, season, tile, inner_buffer_m=inner_buffer_m))
    row = connection.execute(query("parcels/version"), {"season": season}).fetchone()
    if row is None:
        return read()
    entry = f"parcels/{_FORMAT}/{row.version}/{tile}/{inner_buffer_m!r}"
    kept = product_cache()
    try:
        with kept.holding(
            entry, "parcels", lambda: _bytes(read()), lambda path: _write(read(), path)
        ) as folder:
            return _read(folder)
    except (StoreError, OSError, ValueError, EOFError) as error:
        log.warning("parcels of %s: read from the database: %s", tile, error)
        kept.drop(entry)
        return read()


def _bytes(parcels: TileParcels) -> int:
    texts = sum(map(len, parcels.pid))
    return texts + sum(getattr(parcels, name).nbytes for name in _ARRAYS)


def _write(parcels: TileParcels, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(parcels, name))
    np.save(folder / "srid.npy", np.array(parcels.srid))
    np.save(folder / "pid.npy", np.array(parcels.pid, dtype=str))


def _read(folder: Path) -> TileParcels:
    arrays = {name: np.load(folder / f"{name}.npy") for name in [*_ARRAYS, "srid", "pid"]}
    srid, pid = int(arrays.pop("srid")), arrays.pop("pid").tolist()
    return TileParcels(**arrays, srid=srid, pid=pid)
