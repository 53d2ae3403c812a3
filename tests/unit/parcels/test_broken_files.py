"""Broken parcel files: each is read or refused with a sentence, never with a traceback."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import geopandas
import pytest
from odd_parcel_files import squares

from dias_cbm.errors import ParcelFileError
from dias_cbm.parcels.check import check
from dias_cbm.parcels.source import ParcelFile

VARIANTS = 40


def broken(content: bytes, rng: random.Random) -> bytes:
    """Content cut short, with changed bytes, or with other bytes in place of a stretch."""
    start, changed = rng.randrange(len(content)), bytearray(content)
    match rng.randrange(3):
        case 0:
            return content[:start]
        case 1:
            for _ in range(rng.choice([1, 3, 20])):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
        case _:
            changed[start : start + rng.randrange(1, 200)] = bytes(rng.randrange(1, 50))
    return bytes(changed)


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "geojson", "gml", "parquet"])
def test_a_broken_file_has_a_sentence(tmp_path: Path, suffix: str) -> None:
    frame = geopandas.GeoDataFrame(
        {"pid": ["a", "ø", "c"], "crop": [1, 2, 3], "day": [date(2018, 5, 1)] * 3},
        geometry=squares(3),
        crs=25832,
    )
    whole = tmp_path / f"whole.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(whole)
    else:
        frame.to_file(whole)
    rng = random.Random(suffix)
    refused = 0
    for number in range(VARIANTS):
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(broken(whole.read_bytes(), rng))
        try:
            file = ParcelFile(path, id_column="pid", crop_column="crop", crs="EPSG:25832")
            for chunk in file.chunks():
                check(chunk.wkb, file.crs, 25832)
            file.curves()
        except ParcelFileError as error:
            assert str(path) in str(error)
            refused += 1
    assert 0 < refused < VARIANTS
